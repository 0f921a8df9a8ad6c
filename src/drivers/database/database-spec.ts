import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import { WizardError } from '../../domain/wizard-error.ts';

export const engines = ['mariadb', 'mysql', 'postgres'] as const;
export type Engine = (typeof engines)[number];

/** A folder's name: of a source, a version or a checkpoint. */
export const folderName = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$/;

const databaseSpec = z.object({
  engine: z.enum(engines),
  /** Missing: it begins empty. */
  source: z.string().regex(folderName).optional(),
  /** Of the golden copy; '' for an empty database. */
  version: z.union([z.literal(''), z.string().regex(folderName)]),
  /** Counts how often somebody asked for fresh data. */
  edition: z.number().default(0),
  /** Of the server, as far as it matters: `10.11`, `15`. */
  serverVersion: z.string().optional(),
  database: z.string().regex(/^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/),
  user: z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]{0,31}$/),
  password: z.strictObject({ secret: z.string() }),
  /** For its caches: the buffer pool, the shared buffers. */
  memoryMb: z.number().int().positive().optional(),
  /** Size of a disk in memory that its data lies on. Missing: it lies beside the golden copy. */
  memoryDiskMb: z.number().int().positive().optional(),
  /** Never one that Docker would read as an option. */
  container: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,254}$/)
    .optional(),
  settings: z.record(z.string(), z.string()).default({}),
  power: z.enum(['on', 'off']).default('on'),
  /** A state that somebody saved, to begin from instead of the golden copy. */
  checkpoint: z.string().regex(folderName).optional(),
});

export type DatabaseSpec = z.infer<typeof databaseSpec>;

/** The spec if it is one. */
export function databaseSpecOf(spec: JsonObject): DatabaseSpec {
  const read = databaseSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading what database is asked for: ${z.prettifyError(read.error)}`, {
    code: 'database/bad-spec',
    remedy: 'report-bug',
  });
}

/** All that two servers must have in common so that one can stand in for the other. */
export interface Shape {
  readonly engine: Engine;
  readonly memoryMb?: number | undefined;
  readonly memoryDiskMb?: number | undefined;
  readonly container?: string | undefined;
  readonly settings: Readonly<Record<string, string>>;
}

export const shapeOf = ({ engine, memoryMb, memoryDiskMb, container, settings }: DatabaseSpec): Shape => ({
  engine,
  memoryMb,
  memoryDiskMb,
  container,
  settings,
});

export const asJson = ({ engine, memoryMb, memoryDiskMb, container, settings }: Shape): JsonObject => ({
  engine,
  settings,
  ...(memoryMb === undefined ? {} : { memoryMb }),
  ...(memoryDiskMb === undefined ? {} : { memoryDiskMb }),
  ...(container === undefined ? {} : { container }),
});

/** What changes without new data: the rest of the spec says what the data is. */
export const changesInPlace = ['power', 'memoryMb', 'settings'] as const;
