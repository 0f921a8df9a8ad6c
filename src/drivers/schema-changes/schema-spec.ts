import * as z from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const place = z.object({
  engine: z.enum(['mariadb', 'mysql', 'postgres']),
  /** A file, or a folder for PostgreSQL. */
  socket: z.string().min(1),
  port: z.int(),
  user: z.string().min(1),
  database: z.string().min(1),
  password: z.strictObject({ secret: z.string() }),
  /** The server's data folder. */
  path: z.string().min(1),
  /** How the data was cloned. */
  method: z.string(),
});

const snapshotSpec = place;
const changesSpec = place.extend({
  revision: z.string(),
  /** The folder of the schema to compare with. */
  schema: z.string().min(1),
  /** Where the server writes down which statements took long. */
  statementLog: z.string().min(1),
  /** When the release steps ran, in milliseconds since 1970. */
  since: z.number(),
  until: z.number(),
});

export type DatabasePlace = z.infer<typeof place>;
export type ChangesSpec = z.infer<typeof changesSpec>;

export const snapshotSpecOf = (spec: unknown): DatabasePlace => checked(snapshotSpec, spec, 'schema-snapshot');
export const changesSpecOf = (spec: unknown): ChangesSpec => checked(changesSpec, spec, 'schema-changes');

function checked<T>(shape: z.ZodType<T>, spec: unknown, kind: string): T {
  const read = shape.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a ${kind}: ${z.prettifyError(read.error)}`, {
    code: 'schema-changes/bad-spec',
    remedy: 'report-bug',
  });
}
