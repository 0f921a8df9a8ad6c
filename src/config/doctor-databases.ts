import { mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { codeOf } from '../domain/wizard-error.ts';
import { fasterThan } from '../kit/clone/clone-method.ts';
import { mountMemory } from '../kit/clone/memory-disk.ts';
import { unmount } from '../kit/clone/mounts.ts';
import { closedFolder, openFolderHint } from '../kit/closed-folder.ts';
import { bytesText } from '../kit/disk-room.ts';
import { orMissing } from '../kit/path-kind.ts';
import { viewCloning } from '../kit/pool/view-pool.ts';
import { serverFolders } from '../kit/server-folders.ts';
import type { CheckFound } from './check-line.ts';

/** How data is cloned in this data directory, tried with small files. */
export async function lookAtCloning(dataDirectory: string): Promise<CheckFound> {
  const { method, pool } = await viewCloning(dataDirectory);
  const how = `by ${method}, tried just now`;
  const faster = fasterThan(method);
  if (!pool) return { ok: true, message: how, ...(faster === undefined ? {} : { hint: faster }) };
  if (pool.free === undefined)
    return { ok: true, message: `${how}; the pool is not mounted`, hint: 'The server mounts it when it starts.' };
  if (!pool.complete) {
    const hint = 'Stop the server and repeat `wizard data pool create`, or remove it with `wizard data pool remove`.';
    return { ok: true, message: `${how}; golden copies lie outside of the pool`, hint };
  }
  const message = `${how}, in a pool: ${bytesText(pool.free)} of ${bytesText(pool.size)} are free`;
  if (pool.size - pool.onDisk > pool.diskFree) {
    const hint = `Its file may still grow by ${bytesText(pool.size - pool.onDisk)}, and only ${bytesText(pool.diskFree)} are free on its disk.`;
    return { ok: true, message, hint };
  }
  return { ok: true, message };
}

/** Whether a recipe's `memory-disk` works here, tried with a small one. */
export async function lookAtMemoryDisks(folder: string): Promise<CheckFound> {
  const trial = await mkdtemp(join(folder, '.wizard-doctor-'));
  try {
    await mountMemory(trial, 1);
    return { ok: true, message: 'databases can lie in memory (`memory-disk`), tried just now' };
  } catch (error) {
    if (codeOf(error) !== 'clone/no-memory-disk') throw error;
    const hint = 'Only a server that is root, and may mount, can do what `memory-disk` of a service asks for.';
    return {
      ok: true,
      lacks: true,
      message: 'databases cannot lie in memory: no disk in memory can be mounted here',
      hint,
    };
  } finally {
    await unmount(join(trial, 'data'));
    await rm(trial, { recursive: true });
  }
}

/** What recipes may name under `services`, and the programs that are it, any of them. */
const servers: readonly (readonly [service: string, programs: readonly string[]])[] = [
  ['mariadb', ['mariadbd']],
  ['mysql', ['mysqld']],
  ['postgres', ['postgres']],
  ['redis', ['redis-server', 'valkey-server']],
  ['memcached', ['memcached']],
  ['container', ['docker']],
];

/** Database and cache servers of this machine. They are not run: some take long to say their version. */
export async function lookAtServers(): Promise<CheckFound> {
  const folders = await serverFolders();
  const found = await Promise.all(servers.map(async ([, programs]) => firstOf(folders, programs)));
  const missing = servers.flatMap(([service, [program]], at) => (found[at] ? [] : [`${program} (for ${service})`]));
  return {
    ok: true,
    message: found.filter((path) => path !== undefined).join(', ') || 'none',
    ...(missing.length === 0
      ? {}
      : {
          lacks: true as const,
          hint: `Not there, and needed only where recipes ask for it: ${missing.join(', ')}.`,
        }),
  };
}

async function firstOf(folders: readonly string[], programs: readonly string[]): Promise<string | undefined> {
  for (const path of folders.flatMap((folder) => programs.map((program) => join(folder, program)))) {
    const real = await orMissing(realpath(path));
    // MariaDB puts a link of MySQL's name beside its own server.
    const isOther = programs.includes('mysqld') && real !== undefined && basename(real) === 'mariadbd';
    const stats = real === undefined || isOther ? undefined : await stat(real);
    if (stats?.isFile() && (stats.mode & 0o111) !== 0) return path;
  }
  return undefined;
}

const serverUsers = ['mysql', 'postgres', 'redis', 'valkey'];

/** Servers that root starts run as users of their own, who must be able to walk to their data. */
export async function lookAtServerUsers(folder: string): Promise<CheckFound> {
  if (process.getuid?.() !== 0) return { ok: true, message: 'they run as this user' };
  const users = (await readFile('/etc/passwd', 'utf8')).split('\n').flatMap((line) => {
    const [name = '', , uid, gid] = line.split(':');
    return serverUsers.includes(name) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
  const closed = await Promise.all(users.map((user) => closedFolder(folder, user)));
  const out = users.filter((_, at) => closed[at] !== undefined).map(({ name }) => name);
  const first = closed.find((at) => at !== undefined);
  if (first === undefined) {
    const names = users.map(({ name }) => name).join(', ');
    return { ok: true, message: names === '' ? 'none on this machine' : `${names} may enter the data directory` };
  }
  const message = `${out.join(', ')} may not enter ${first}: databases of environments cannot be started`;
  return { ok: true, lacks: true, message, hint: openFolderHint(first) };
}
