import * as z from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const cacheSpec = z.object({
  engine: z.enum(['redis', 'memcached']),
  /** For what it keeps. */
  memoryMb: z.number().int().positive(),
  /** Counts how often somebody asked for an empty one. */
  edition: z.number().default(0),
  /** Redis only; memcached's clients have none. */
  password: z.strictObject({ secret: z.string() }).optional(),
  power: z.enum(['on', 'off']).default('on'),
});

export type CacheSpec = z.infer<typeof cacheSpec>;

export function cacheSpecOf(spec: unknown): CacheSpec {
  const read = cacheSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading what cache is asked for: ${z.prettifyError(read.error)}`, {
    code: 'cache/bad-spec',
    remedy: 'report-bug',
  });
}
