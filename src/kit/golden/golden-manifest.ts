import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { orMissing } from '../path-kind.ts';

/** `manifest.json` of a golden copy: `ROOT/SOURCE/VERSION/manifest.json` beside `data/`. Where it is, the copy is whole. */
const goldenManifest = z.object({
  source: z.string(),
  /** Begins with the time in UTC, so names sort by it. */
  version: z.string(),
  engine: z.enum(['mariadb', 'mysql', 'postgres']),
  /** `10.11.19`, `15.18`: what runs on it must be of the same series. */
  serverVersion: z.string(),
  /** When, in milliseconds since 1970. */
  madeAt: z.number(),
  tookMs: z.number(),
  /** Of all files in `data/`. */
  bytes: z.number(),
  /** Whether it holds nothing personal, as far as rules and scan can tell or the operator says. */
  masked: z.boolean(),
  database: z.string(),
  /** PostgreSQL: who made the data folder. */
  superuser: z.string().exactOptional(),
  /** Changes with names, types and order of columns. */
  schemaHash: z.string(),
  /** Where the data came from, without secrets: `mysql at db.example.com`. */
  origin: z.string(),
});

export type GoldenManifest = z.output<typeof goldenManifest>;

const versionName = /^\d{8}T\d{6}Z[A-Za-z0-9-]*$/;

/** Names of all versions of a source that are there, whole or not, the newest first. */
export async function goldenVersions(root: string, source: string): Promise<readonly string[]> {
  const names = (await orMissing(readdir(join(root, source)))) ?? [];
  return names
    .filter((name) => versionName.test(name))
    .sort()
    .reverse();
}

/** `undefined`: there is no whole copy of that version. */
export async function goldenManifestOf(
  root: string,
  source: string,
  version: string,
): Promise<GoldenManifest | undefined> {
  const text = await orMissing(readFile(join(root, source, version, 'manifest.json'), 'utf8'));
  if (text === undefined || !versionName.test(version)) return undefined;
  try {
    return goldenManifest.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
