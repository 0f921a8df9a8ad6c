import { constants } from 'node:os';
import type { RunState } from './run-record.ts';

/** `250 ms`, `3 s`, `10 min`: for notes. */
export function describeMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** `exited with status 1 after 3 s`: how a run ended, as a note for people. */
export function describeEnd(end: Exclude<RunState, { readonly is: 'running' | 'not-started' }>): string {
  if (end.is === 'lost') return 'ended without a trace: it was killed, or the machine was restarted';
  const after = `after ${describeMs(end.tookMs)}`;
  if (end.status === 126) return `cannot be executed (status 126) ${after}`;
  if (end.status === 127) return `was not found (status 127) ${after}`;
  const signal = Object.entries(constants.signals).find(([, number]) => number === end.status - 128)?.[0];
  return signal ? `was ended by ${signal} ${after}` : `exited with status ${end.status} ${after}`;
}
