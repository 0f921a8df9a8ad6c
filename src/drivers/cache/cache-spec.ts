import * as z from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const cacheSpec = z.object({
  engine: z.enum(['redis', 'memcached']),
  /** As far as it matters: `7`, `1.6`; missing: what is there. */
  serverVersion: z
    .string()
    .regex(/^\d+(\.\d+)*$/)
    .optional(),
  /** Never one that Docker would read as an option. */
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/)
    .optional(),
  /** For what it keeps. */
  memoryMb: z.number().int().positive(),
  /** Counts how often somebody asked for an empty one. */
  edition: z.number().default(0),
  password: z.strictObject({ secret: z.string() }).optional(),
  /** memcached only: on a socket in a closed folder, and on no port. */
  socket: z.boolean().default(false),
  power: z.enum(['on', 'off']).default('on'),
});

export type CacheSpec = z.infer<typeof cacheSpec>;

/** Whom applications sign in as with memcached's password; Redis has no names. */
export const cacheUserName = 'app';

export function cacheSpecOf(spec: unknown): CacheSpec {
  const read = cacheSpec
    .refine(({ engine, socket }) => !socket || engine === 'memcached', 'only memcached has a socket here')
    .safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading what cache is asked for: ${z.prettifyError(read.error)}`, {
    code: 'cache/bad-spec',
    remedy: 'report-bug',
  });
}
