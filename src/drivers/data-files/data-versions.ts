import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { canonical } from '../../domain/json.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { type DataSource, type DataSources, withFullPaths } from './data-source.ts';
import { completeGoldens } from './golden-folder.ts';

/** Files smaller than this are known by their content, larger ones by size and time. */
const smallBytes = 1024 * 1024;

/** What a source that cannot be read and was never copied has for a version; asking for it says what is wrong. */
const unreadable = 'unreadable';

/**
 * Source → version: changes whenever the source's configuration, dump or directory does. A source that cannot be read at the moment (a
 * dump that is just being replaced) keeps the version of its newest golden copy.
 */
export async function dataVersions(options: {
  readonly dataDir: string;
  readonly sources: DataSources;
}): Promise<Record<string, string>> {
  const entries = Object.entries(withFullPaths(options.sources)).map(
    async ([name, source]): Promise<[string, string]> => {
      const version = await dataVersion(source);
      if (version !== undefined) return [name, version];
      const newest = (await completeGoldens(options.dataDir, name))[0];
      return [name, newest?.version ?? unreadable];
    },
  );
  return Object.fromEntries(await Promise.all(entries));
}

/** `undefined` when its dump or directory is not there. */
export async function dataVersion(source: DataSource): Promise<string | undefined> {
  const dump = source.dump === undefined ? '' : await fileVersion(source.dump);
  const directory = source.directory === undefined ? '' : await directoryVersion(source.directory);
  if (dump === undefined || directory === undefined) return undefined;
  const { load = [] } = source;
  const where = { dump: source.dump ?? '', load, directory: source.directory ?? '' };
  return stableHash(canonical({ where, dump, files: directory }), 16);
}

async function fileVersion(path: string): Promise<string | undefined> {
  const stats = await orMissing(stat(path));
  if (!stats?.isFile()) return undefined;
  if (stats.size >= smallBytes) return `${stats.size} ${stats.mtimeMs}`;
  const content = await orMissing(readFile(path));
  return content && createHash('sha256').update(content).digest('hex');
}

async function directoryVersion(path: string): Promise<string | undefined> {
  const names = await orMissing(readdir(path, { recursive: true }));
  if (!names) return undefined;
  const hash = createHash('sha256');
  for (const name of names.sort()) {
    const stats = await orMissing(lstat(join(path, name)));
    const is = stats?.isDirectory() ? 'directory' : `${stats?.mode} ${stats?.size} ${stats?.mtimeMs}`;
    hash.update(JSON.stringify([name, is]));
  }
  return hash.digest('hex');
}
