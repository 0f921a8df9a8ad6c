import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const target = z.object({
  /** Name or address of the machine. */
  address: z.string().regex(/^[A-Za-z0-9_:][A-Za-z0-9_.:-]*$/),
  port: z.int().min(1).max(65_535),
  /** What people open: the `Host` header. */
  host: z.string().regex(/^[\x21-\x7e]*$/),
});

const httpCheckSpec = z.object({
  /** The commit that is deployed: what `revisionHeader` must say. */
  revision: z.string(),
  path: z.string().regex(/^\/[\x21-\x7e]*$/),
  status: z.int(),
  revisionHeader: z
    .string()
    .regex(/^[A-Za-z0-9-]+$/)
    .optional(),
  /** Endpoint → where it is asked. */
  targets: z.record(z.string(), target),
});

export type HttpCheckSpec = z.infer<typeof httpCheckSpec>;

/** The spec if it is one; throws `http-check/bad-spec`, which only a defect of ours brings about. */
export function httpCheckSpecOf(spec: unknown): HttpCheckSpec {
  const read = httpCheckSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a health check: ${z.prettifyError(read.error)}`, {
    code: 'http-check/bad-spec',
    remedy: 'report-bug',
  });
}
