import { mkdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { writeWhole } from '../../kit/supervised-run/run-files.ts';
import { engines } from './database-spec.ts';

/** A clone and the server over it, whoever has it. Written before anything of it is made; its secrets are computed, never kept. */
const instanceRecord = z.object({
  /** Twelve hexadecimal digits. */
  id: z.string().regex(/^[0-9a-f]{12}$/),
  shape: z.object({
    engine: z.enum(engines),
    memoryMb: z.number().optional(),
    memoryDiskMb: z.number().optional(),
    container: z.string().optional(),
    settings: z.record(z.string(), z.string()),
  }),
  /** Path of the program; missing where a container has it. */
  program: z.string().optional(),
  serverVersion: z.string(),
  /** '' for an empty database. */
  source: z.string(),
  version: z.string(),
  checkpoint: z.string().optional(),
  /** Whether the golden copy held nothing personal; missing: nobody says so. */
  masked: z.boolean().optional(),
  /** The folder that it was cloned from. */
  golden: z.string(),
  superuser: z.string(),
  /** In the data; '' when there is none yet. */
  database: z.string(),
  method: z.enum(['snapshot', 'reflink', 'overlay', 'copy', 'memory']),
  port: z.number(),
  /** Whom the server runs as. */
  uid: z.number(),
  gid: z.number(),
  /** The folder of its socket. */
  run: z.string(),
});

export type InstanceRecord = z.infer<typeof instanceRecord>;

export const instanceFiles = (folder: string) => ({
  record: join(folder, 'instance.json'),
  /** There once only its keeper can sign in. */
  prepared: join(folder, 'prepared'),
  data: join(folder, 'data'),
  conf: join(folder, 'conf'),
  temporary: join(folder, 'tmp'),
});

/** Longest path that a Unix socket can have on Linux is 107 bytes; PostgreSQL's name for it takes the most. */
const longestFolder = 107 - '/.s.PGSQL.65535.lock'.length;

export function runFolder(folder: string, id: string): string {
  const inside = join(folder, 'run');
  return Buffer.byteLength(inside) <= longestFolder ? inside : join(tmpdir(), `wizard-db-${id}`);
}

/** Where the clones of one server of ours lie; others may clone from the same golden copies. */
export const clonesFolder = (root: string, instance: string): string =>
  join(root, 'database-clones', encodeURIComponent(instance));

/** The folder of an instance and its record in it. */
export async function beginInstance(folder: string, record: InstanceRecord): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o711 });
  await writeInstance(folder, record);
}

export const writeInstance = (folder: string, record: InstanceRecord): Promise<void> =>
  writeWhole(instanceFiles(folder).record, JSON.stringify(record));

/** `undefined`: nothing that can be read as one. */
export async function readInstance(folder: string): Promise<InstanceRecord | undefined> {
  const text = await orMissing(readFile(instanceFiles(folder).record, 'utf8'));
  try {
    return text === undefined ? undefined : instanceRecord.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Its server is a run under a claim of its own, since it may be there before anybody has it. */
export const runClaim = (id: string): Claim => ({
  environment: `db-${id}` as EnvironmentId,
  role: 'server',
  generation: 1,
});

/** Name of its keeper's password among the computed secrets. */
export const keeperSecret = (id: string): string => `service.db-${id}.keeper`;
