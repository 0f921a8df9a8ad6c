import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';
import { environmentValue } from '../../kit/environment-value.ts';

/** Goes between quotes into files that ssh, Ansible and Ruby read. */
const path = z.string().regex(/^\/[^"'%$\\\r\n\0]*$/);

const target = z.object({
  /** Name or address. */
  host: z.string().regex(/^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/),
  port: z.int().min(1).max(65_535),
  user: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/),
  /** The ssh configuration that others use; we write one of our own, since the user may differ. */
  ssh: path,
  key: path,
  knownHosts: path,
});

/** What all kinds of this room are told. */
export const machineRunFields = {
  /** The checkout that it runs in. */
  directory: z.string(),
  target,
  /** The commit in the directory. */
  revision: z.string(),
  timeLimitMs: z.number().positive(),
  env: z.record(z.string(), environmentValue),
};

export const argvField = z.tuple([z.string()], z.string());

/** Where a machine is and how to sign in. */
export type MachineTarget = z.infer<typeof target>;

/** The spec if it is one; throws `machine-run/bad-spec`, which only a defect of ours brings about. */
export function readSpec<Spec>(shape: z.ZodType<Spec>, spec: unknown, kind: string): Spec {
  const read = shape.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of ${kind}: ${z.prettifyError(read.error)}`, {
    code: 'machine-run/bad-spec',
    remedy: 'report-bug',
  });
}
