import { realpath, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../domain/wizard-error.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { runCommand } from '../../kit/run-command.ts';
import { serverFolders } from '../../kit/server-folders.ts';
import type { Engine } from './database-spec.ts';

/** A database server that is installed on this machine. */
export interface ServerProgram {
  readonly engine: Engine;
  readonly path: string;
  /** `10.11.19`, `15.18`. */
  readonly version: string;
}

const names: Readonly<Record<Engine, readonly string[]>> = {
  mariadb: ['mariadbd', 'mysqld'],
  mysql: ['mysqld'],
  postgres: ['postgres'],
};

/** What data of one server another can read: MariaDB and MySQL by their first two numbers, PostgreSQL by its first. */
export const seriesOf = (engine: Engine, version: string): string =>
  version
    .split('.')
    .slice(0, engine === 'postgres' ? 1 : 2)
    .join('.');

/** All servers of an engine on this machine, the newest first. */
export async function findServers(engine: Engine): Promise<readonly ServerProgram[]> {
  const found = new Map<string, ServerProgram>();
  for (const folder of await serverFolders()) {
    for (const name of names[engine]) {
      const path = await orMissing(realpath(join(folder, name)));
      if (path === undefined || found.has(path) || !(await stat(path)).isFile()) continue;
      const version = await versionOf(engine, path);
      if (version !== undefined) found.set(path, { engine, path, version });
    }
  }
  return [...found.values()].sort((a, b) => b.version.localeCompare(a.version, 'en', { numeric: true }));
}

/** `undefined`: it is something else, or cannot be run. */
async function versionOf(engine: Engine, path: string): Promise<string | undefined> {
  try {
    const { stdout } = await runCommand([path, '--version'], { timeLimitMs: 20_000 });
    return versionIn(engine, stdout);
  } catch (error) {
    if (codeOf(error).startsWith('command/')) return undefined;
    throw error;
  }
}

/** In what a server says to `--version`; `undefined`: it is another one. */
export function versionIn(engine: Engine, said: string): string | undefined {
  if (/mariadb/i.test(said) !== (engine === 'mariadb')) return undefined;
  return /(?:Ver |PostgreSQL\) )(\d+(?:\.\d+)+)/.exec(said)?.[1];
}
