import { dirname, join, resolve } from 'node:path';
import type { Config, DataSourceConfig } from './config/config.ts';
import type { GoldenSource, GoldenSources, Origin } from './drivers/golden-databases/golden-source.ts';

/** Where golden copies of databases lie: `SOURCE/VERSION/`. */
export const goldenRoot = (dataDirectory: string): string => join(dataDirectory, 'golden-databases');

/** The data sources of `wizard.yml` that become golden databases. */
export const goldenSources = (config: Pick<Config, 'dataSources' | 'path'>): GoldenSources =>
  Object.fromEntries(
    Object.entries(config.dataSources).flatMap(([name, source]): [string, GoldenSource][] => {
      const from = originOf(source, dirname(config.path));
      if (!source.golden || !from) return [];
      const { schedule: _, timeZone: __, keep: ___, spares: ____, maskFiles, ...golden } = source.golden;
      const files = maskFiles.map((file) => resolve(dirname(config.path), file));
      return [[name, { ...golden, maskFiles: files, masked: source.masked, from }]];
    }),
  );

function originOf(source: DataSourceConfig, directory: string): Origin | undefined {
  const { mysql, postgres, dump, url, s3, command } = source;
  if (mysql) return { by: 'mysql', ...mysql };
  if (postgres) return { by: 'postgres', ...postgres };
  if (dump !== undefined) return { by: 'file', path: dump };
  if (url) return { by: 'url', url };
  if (s3) return { by: 's3', object: s3 };
  return command && { by: 'command', run: command, directory };
}
