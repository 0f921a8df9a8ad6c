import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';
import { environmentValue } from '../../kit/environment-value.ts';

const reuse = z.object({
  /** Paths in the checkout whose contents decide whether an earlier run did the same. */
  files: z.array(z.string()),
  /** Paths in the checkout that are kept of a run, and brought back. */
  keep: z.array(z.string()),
  /** What strangers' code made is kept apart. */
  trusted: z.boolean(),
  /** The repository's id: nothing is shared between repositories. */
  repository: z.string(),
});

const commandSpec = z.object({
  directory: z.string(),
  run: z.tuple([z.string()], z.string()),
  /** The commit in the directory. */
  revision: z.string(),
  timeLimitMs: z.number().positive(),
  memoryMb: z.number().positive().optional(),
  env: z.record(z.string(), environmentValue),
  reuse: reuse.optional(),
});

export type CommandSpec = z.infer<typeof commandSpec>;
export type StepReuse = z.infer<typeof reuse>;

/** The spec if it is one; throws `command/bad-spec`, which only a defect of ours brings about. */
export function commandSpecOf(spec: unknown): CommandSpec {
  const read = commandSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a command: ${z.prettifyError(read.error)}`, {
    code: 'command/bad-spec',
    remedy: 'report-bug',
  });
}
