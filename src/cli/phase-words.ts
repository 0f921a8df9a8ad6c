import type { Phase } from '../api/contract.ts';
import type { Paint } from './paint.ts';

export const phaseColours: Readonly<Record<Phase, Parameters<Paint>[0]>> = {
  waiting: 'dim',
  building: 'cyan',
  live: 'green',
  updating: 'cyan',
  failed: 'red',
  asleep: 'dim',
  closing: 'yellow',
  closed: 'dim',
};

/** How long ago, for a narrow column: `8s`, `3m`, `2h`, `5d`. */
export function shortAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
