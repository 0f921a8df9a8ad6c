import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const ec2Spec = z.strictObject({
  /** Its name under `machines` in `wizard.yml`. */
  machine: z.string().min(1),
  image: z.string().min(1),
  /** Tried in this order when there is no capacity. */
  types: z.array(z.string().min(1)).min(1),
  subnet: z.string().optional(),
  securityGroups: z.array(z.string()).optional(),
  keyName: z.string().optional(),
  /** Name or ARN of an instance profile; missing: none. */
  profile: z.string().optional(),
  spot: z.boolean().optional(),
  /** Of the root volume; missing: as large as the image's. */
  diskGb: z.int().min(1).max(65_536).optional(),
  /** Which of its addresses others reach it by; missing: the public one. */
  address: z.enum(['public', 'private']).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  /** Where its sshd listens; missing: 22. */
  sshPort: z.int().min(1).max(65_535).optional(),
  /** Missing: on. */
  power: z.enum(['on', 'off']).optional(),
  userData: z.string().optional(),
  // They only tell one machine from another, and are not sent.
  region: z.string().optional(),
  user: z.string().optional(),
  setup: z.json().optional(),
  edition: z.json().optional(),
});

export type Ec2Spec = z.infer<typeof ec2Spec>;

/** The spec if it is one; throws `ec2/bad-spec`, which only a defect of ours brings about. */
export function ec2SpecOf(spec: unknown): Ec2Spec {
  const read = ec2Spec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a machine: ${z.prettifyError(read.error)}`, {
    code: 'ec2/bad-spec',
    remedy: 'report-bug',
  });
}

const lookSpec = z.object({
  machine: z.string().optional(),
  address: z.enum(['public', 'private']).default('public'),
  sshPort: z.int().default(22),
  power: z.enum(['on', 'off']).default('on'),
});

/** What a look needs. Of a machine that was found without a record nothing is known: the spec is empty. */
export type LookSpec = z.infer<typeof lookSpec>;

export function lookSpecOf(spec: unknown): LookSpec {
  const read = lookSpec.safeParse(spec);
  return read.success ? read.data : lookSpec.parse({});
}
