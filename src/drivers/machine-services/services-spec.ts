import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const value = z.union([
  z.string(),
  z.strictObject({ secret: z.string() }),
  /** A URL of the dump of this data source, signed when it is sent. */
  z.strictObject({ presigned: z.string() }),
]);

export type SettingsValue = z.infer<typeof value>;

const servicesSpec = z.strictObject({
  /** An ssh_config file that leads to the machine. */
  ssh: z.string(),
  host: z.string(),
  /** What the user-data of the machine calls its run of the script. */
  machineClaim: z.string(),
  /** File of settings → variable → text or secret. `NAME.env` is of the service NAME. */
  files: z.record(z.string().regex(/^[a-z][a-z0-9-]*\.(env|dump)$/), z.record(z.string(), value)),
  /** With a place for the claim of the run. */
  script: z.string(),
  /** How long all may take, and so what is signed is good for; missing: an hour. */
  limitMs: z.number().positive().exactOptional(),
});

export type ServicesSpec = z.infer<typeof servicesSpec>;

/** What is kept of it on our disk. */
const servicesAbout = z.strictObject({
  spec: servicesSpec,
  /** Name of the run whose state counts; missing: not decided yet. */
  run: z.string().optional(),
  /** Where this run's log begins in ours. */
  logFrom: z.number(),
  /** It was seen done. */
  done: z.boolean(),
  /** It was told to go. */
  leaving: z.boolean(),
});

export type ServicesAbout = z.infer<typeof servicesAbout>;

export const readServicesAbout = (value: unknown): ServicesAbout | undefined => servicesAbout.safeParse(value).data;

/** The spec if it is one; throws `services/bad-spec`, which only a defect of ours brings about. */
export function servicesSpecOf(spec: unknown): ServicesSpec {
  const read = servicesSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a machine's services: ${z.prettifyError(read.error)}`, {
    code: 'services/bad-spec',
    remedy: 'report-bug',
  });
}

export const serviceNames = ({ files }: ServicesSpec): string[] =>
  Object.keys(files).flatMap((name) => (name.endsWith('.env') ? [name.slice(0, -'.env'.length)] : []));
