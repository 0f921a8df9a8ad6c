import { readdir, readFile } from 'node:fs/promises';
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
