import { Secret } from '../kit/secret.ts';
import type { Config } from './config.ts';

/** Every secret anywhere in the settings: what must never be printed. */
export function secretsOf(config: Config): Secret[] {
  const found: Secret[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof Secret) found.push(value);
    else if (typeof value === 'object' && value !== null) for (const inner of Object.values(value)) visit(inner);
  };
  visit(config);
  return found;
}
