import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { engines, folderName } from './database-spec.ts';

/** `manifest.json` of a golden copy, as far as it is needed here; it is written last, so where it is the copy is whole. */
const manifest = z.object({
  source: z.string(),
  version: z.string(),
  engine: z.enum(engines),
  serverVersion: z.string(),
  database: z.string(),
  /** Whether it holds nothing personal, as far as anybody can tell. */
  masked: z.boolean().optional(),
  /** PostgreSQL: the account that made the data folder; missing: `postgres`. */
  superuser: z.string().optional(),
});

export interface GoldenCopy extends z.infer<typeof manifest> {
  /** The folder with the manifest. */
  readonly folder: string;
  /** The data folder: cleanly stopped, only read. */
  readonly data: string;
  /** Tells it from another that was put in its place. */
  readonly identity: string;
}

/** `undefined` when there is no whole copy. */
export async function readGolden(folder: string): Promise<GoldenCopy | undefined> {
  const path = join(folder, 'manifest.json');
  const text = await orMissing(readFile(path, 'utf8'));
  const stats = await orMissing(stat(path, { bigint: true }));
  if (text === undefined || !stats) return undefined;
  const read = manifest.safeParse(JSON.parse(text));
  if (!read.success) {
    throw new WizardError(`reading ${path}: ${z.prettifyError(read.error)}`, {
      code: 'database/bad-manifest',
      remedy: 'fix-setup',
      hint: 'Bake the source anew.',
    });
  }
  return { ...read.data, folder, data: join(folder, 'data'), identity: `${stats.dev}:${stats.ino}:${stats.mtimeNs}` };
}

/** The newest whole copy of a source, by its name: versions begin with their time. */
export async function newestGolden(root: string, source: string): Promise<GoldenCopy | undefined> {
  const names = ((await orMissing(readdir(join(root, source)))) ?? []).filter((name) => folderName.test(name));
  for (const name of names.sort().reverse()) {
    const golden = await readGolden(join(root, source, name));
    if (golden) return golden;
  }
  return undefined;
}
