import { readdir, readFile } from 'node:fs/promises';

/**
 * Megabytes that the server over this data folder holds resident, with all its processes; what they share is counted once. Only of
 * servers that run on this machine itself.
 */
export async function serverMemory(data: string): Promise<number> {
  const there = await processes();
  const main = there.find((one) => isServerOf(one, data));
  if (!main) throw new Error(`there is no server over ${data}`);
  const own = there.filter(({ id, parent }) => id === main.id || parent === main.id);
  const kilobytes = sum(own, 'RssAnon') + most(own, 'RssFile') + most(own, 'RssShmem');
  return kilobytes / 1024;
}

/** Whether a server runs over this data folder. */
export const isServing = async (data: string): Promise<boolean> =>
  (await processes()).some((one) => isServerOf(one, data));

const isServerOf = ({ words }: Found, data: string): boolean =>
  /(mariadbd|mysqld|postgres)$/.test(words[0] ?? '') && words.some((word) => word.endsWith(data));

async function processes(): Promise<Found[]> {
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(look));
  return all.flatMap((one) => one ?? []);
}

interface Found {
  readonly id: number;
  readonly parent: number;
  readonly words: readonly string[];
  readonly status: string;
}

/** `undefined`: it ended while we looked. */
async function look(id: string): Promise<Found | undefined> {
  try {
    const status = await readFile(`/proc/${id}/status`, 'utf8');
    const words = (await readFile(`/proc/${id}/cmdline`, 'utf8')).split('\0');
    return { id: Number(id), parent: field(status, 'PPid'), words, status };
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}

const field = (status: string, name: string): number =>
  Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)?.[1] ?? 0);
const sum = (all: readonly Found[], name: string): number =>
  all.reduce((total, { status }) => total + field(status, name), 0);
const most = (all: readonly Found[], name: string): number => Math.max(...all.map(({ status }) => field(status, name)));
