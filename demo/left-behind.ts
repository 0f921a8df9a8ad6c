import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Processes of this machine that carry our mark, ours and those they started. */
export async function processesOf(instance: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '');
      if (!environment.split('\0').includes(`WIZARD_INSTANCE=${instance}`)) return [];
      return [
        `${pid} ${(await readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')).replaceAll('\0', ' ').trim()}`,
      ];
    }),
  );
  return found.flat();
}

/** Folders that environments have something of their own in; mirrors, caches and golden copies are everybody's. */
export const ownFolders = ['checkouts', 'data', 'runs', 'routes'];

export async function filesOf(dataDir: string): Promise<string[]> {
  const found = await Promise.all(
    ownFolders.map(async (folder) =>
      (await readdir(join(dataDir, folder)).catch(() => [])).map((name) => `${folder}/${name}`),
    ),
  );
  return found.flat().filter((name) => !name.split('/').at(-1)?.startsWith('.'));
}

/** How many runs (a web, a worker) have a living process. */
export async function runsOf(instance: string): Promise<number> {
  const pids = (await processesOf(instance)).map((line) => line.split(' ')[0] ?? '');
  const claims = await Promise.all(
    pids.map(
      async (pid) =>
        /WIZARD_CLAIM=([^\0]+)/.exec(await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''))?.[1],
    ),
  );
  return new Set(claims.filter((claim) => claim !== undefined)).size;
}

/** The ports that living processes of ours were given, and accept connections on. */
export async function portsOf(instance: string): Promise<number[]> {
  const pids = (await processesOf(instance)).map((line) => line.split(' ')[0] ?? '');
  const given = await Promise.all(
    pids.map(
      async (pid) => /\0PORT=(\d+)\0/.exec(await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => ''))?.[1],
    ),
  );
  const ports = [...new Set(given.flatMap((port) => (port === undefined ? [] : [Number(port)])))];
  const open = await Promise.all(ports.map(isOpen));
  return ports.filter((_, index) => open[index]);
}

/** Whether something accepts connections there; only a refusal counts as no. */
export async function isOpen(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return false;
    throw error;
  } finally {
    socket.destroy();
  }
}

export interface StagingSum {
  readonly files: number;
  /** Of the names and bytes of all of them. */
  readonly sum: string;
}

/** Staging as we have it: its dump, and the golden copies that were made of it. */
export async function stagingSum({ folder, dataDir }: { folder: string; dataDir: string }): Promise<StagingSum> {
  const golden = join(dataDir, 'golden');
  const below = await readdir(golden, { recursive: true, withFileTypes: true });
  const copies = below.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const hash = createHash('sha256');
  for (const file of [join(folder, 'staging.sql'), ...copies.sort()]) {
    hash.update(`${file}\0`).update(await readFile(file));
  }
  return { files: 1 + copies.length, sum: hash.digest('hex') };
}
