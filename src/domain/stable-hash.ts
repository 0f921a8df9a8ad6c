import { createHash } from 'node:crypto';

/** The first `digits` hexadecimal digits of the text's SHA-256: short, stable, safe in a name. */
export const stableHash = (text: string, digits: number): string =>
  createHash('sha256').update(text).digest('hex').slice(0, digits);
