import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { orMissing } from '../../kit/path-kind.ts';
import { sourceFolder } from './data-source.ts';

/** `complete.json` of a golden copy: the last thing that is written, before the copy gets its name. */
const complete = z.object({
  source: z.string(),
  version: z.string(),
  madeAt: z.string(),
  bytes: z.number(),
  files: z.number(),
});
type CompleteGolden = z.infer<typeof complete>;

export const goldenRoot = (dataDir: string): string => join(dataDir, 'golden');
export const goldenPath = (dataDir: string, source: string, version: string): string =>
  join(goldenRoot(dataDir), sourceFolder(source), version);

export const isVersion = (text: string): boolean => /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/.test(text);

/** `undefined` unless this golden copy is whole. */
export async function findGolden(dataDir: string, source: string, version: string) {
  const text = await orMissing(readFile(join(goldenPath(dataDir, source, version), 'complete.json'), 'utf8'));
  return text === undefined ? undefined : complete.parse(JSON.parse(text));
}

/** All whole golden copies of a source, newest first. */
export async function completeGoldens(dataDir: string, source: string): Promise<CompleteGolden[]> {
  const names = (await orMissing(readdir(join(goldenRoot(dataDir), sourceFolder(source))))) ?? [];
  const found = await Promise.all(names.filter(isVersion).map((version) => findGolden(dataDir, source, version)));
  return found
    .flatMap((golden) => (golden ? [golden] : []))
    .sort((a, b) => (a.madeAt < b.madeAt ? 1 : a.madeAt > b.madeAt ? -1 : 0));
}
