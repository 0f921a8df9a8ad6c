import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const sshSpec = z.strictObject({
  /** Its name under `machines` of `wizard.yml`. */
  machine: z.string(),
  /** Tells this machine from the next one at the same address. */
  claim: z.string(),
  host: z.string(),
  port: z.int().min(1).max(65_535),
  user: z.string(),
  /** `ssh-ed25519 AAAA…`; empty: pinned at the first login. */
  hostKeys: z.array(z.string()),
  /** How long it may take until something answers there; missing: five minutes. It tells no login from another. */
  bootLimitMs: z.number().positive().exactOptional(),
  /** How long its host keys may be waited for once it answers, where `hostKeys` is empty; missing: not at all. Nor does this. */
  hostKeyWaitMs: z.number().nonnegative().exactOptional(),
});

export type SshSpec = z.infer<typeof sshSpec>;

/** What is kept of a login on disk. */
const sshAbout = z.strictObject({
  spec: sshSpec,
  /** A login worked with this spec. */
  worked: z.boolean(),
  /** One has worked before, perhaps at another address: then the machine has what somebody made there. */
  hadWorked: z.boolean().exactOptional(),
});

export type SshAbout = z.infer<typeof sshAbout>;

export const readSshAbout = (value: unknown): SshAbout | undefined => sshAbout.safeParse(value).data;

/** The spec if it is one; throws `ssh/bad-spec`, which only a defect of ours brings about. */
export function sshSpecOf(spec: unknown): SshSpec {
  const read = sshSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a login: ${z.prettifyError(read.error)}`, {
    code: 'ssh/bad-spec',
    remedy: 'report-bug',
  });
}
