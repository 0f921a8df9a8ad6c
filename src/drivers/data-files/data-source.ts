import { resolve } from 'node:path';
import { stableHash } from '../../domain/stable-hash.ts';

/**
 * Where staging data comes from, as configured: a `directory` that is copied, or a `load` command that fills its working directory
 * (it finds the dump's path in WIZARD_DUMP), or a `dump` alone, which is then the one file of the data.
 */
export interface DataSource {
  readonly dump?: string;
  readonly load?: readonly string[];
  readonly directory?: string;
  /** Copies are made when a schedule or a person says so, not whenever the data is another; missing: they are not. */
  readonly goldenFiles?: object;
}
export type DataSources = Readonly<Record<string, DataSource>>;

/** The folder of a source: its name where that is safe as one. */
export const sourceFolder = (name: string): string =>
  /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name) ? name : `source-${stableHash(name, 16)}`;

/** Loads run in a directory of their own: paths are from here, where the configuration was read. */
export function withFullPaths(sources: DataSources): DataSources {
  const full = Object.entries(sources).map(([name, { dump, load, directory, goldenFiles }]) => [
    name,
    {
      ...(goldenFiles === undefined ? {} : { goldenFiles }),
      ...(load === undefined ? {} : { load }),
      ...(dump === undefined ? {} : { dump: resolve(dump) }),
      ...(directory === undefined ? {} : { directory: resolve(directory) }),
    },
  ]);
  return Object.fromEntries(full);
}
