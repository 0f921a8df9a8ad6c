import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';
import { environmentValue } from '../../kit/environment-value.ts';

const health = z.discriminatedUnion('by', [
  z.object({
    by: z.literal('http'),
    path: z.string(),
    status: z.int(),
    /** Response header that must say the commit. */
    revisionHeader: z.string().optional(),
  }),
  z.object({ by: z.literal('tcp') }),
  z.object({ by: z.literal('log'), contains: z.string() }),
  z.object({ by: z.literal('running') }),
]);

const processSpec = z.object({
  directory: z.string(),
  run: z.tuple([z.string()], z.string()),
  health,
  /** The commit in the directory: what the process must say of itself where it is asked. */
  revision: z.string(),
  stopGraceMs: z.number().nonnegative(),
  /** How long it may take to become healthy. */
  timeLimitMs: z.number().positive(),
  memoryMb: z.number().positive().optional(),
  env: z.record(z.string(), environmentValue),
});

export type ProcessSpec = z.infer<typeof processSpec>;

/** The spec if it is one; throws `process/bad-spec`, which only a defect of ours brings about. */
export function processSpecOf(spec: unknown): ProcessSpec {
  const read = processSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a process: ${z.prettifyError(read.error)}`, {
    code: 'process/bad-spec',
    remedy: 'report-bug',
  });
}
