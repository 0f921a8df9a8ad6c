import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from './path-kind.ts';
import { plainEnvironment } from './run-command.ts';

/** Beside PATH: where distributions put servers. */
const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/usr/libexec', '/usr/local/mysql/bin'];
const versioned = ['/usr/lib/postgresql', '/opt/mariadb', '/opt/mysql', '/opt/postgresql'];

/** Folders that programs of servers may be in, those of PATH first; some may not be there. */
export async function serverFolders(): Promise<string[]> {
  const inner = await Promise.all(
    versioned.map(async (root) => ((await orMissing(readdir(root))) ?? []).map((name) => join(root, name, 'bin'))),
  );
  const rpm = ((await orMissing(readdir('/usr'))) ?? []).filter((name) => name.startsWith('pgsql-'));
  const path = (plainEnvironment()['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  return [...path, ...folders, ...inner.flat(), ...rpm.map((name) => join('/usr', name, 'bin'))];
}
