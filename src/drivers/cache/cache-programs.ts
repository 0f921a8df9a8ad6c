import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf, WizardError } from '../../domain/wizard-error.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { runCommand } from '../../kit/run-command.ts';
import { serverFolders } from '../../kit/server-folders.ts';
import type { CacheSpec } from './cache-spec.ts';

type Engine = CacheSpec['engine'];

export const programNames = { redis: ['redis-server', 'valkey-server'], memcached: ['memcached'] } as const;

/** Path of a program for this kind of cache, of the version that is wanted; throws `cache/no-server`. */
export async function findProgram(engine: Engine, wanted: string | undefined): Promise<string> {
  const seen: string[] = [];
  for (const folder of new Set(await serverFolders())) {
    for (const name of programNames[engine]) {
      const at = join(folder, name);
      if ((await orMissing(access(at).then(() => true))) !== true) continue;
      if (wanted === undefined) return at;
      const version = await versionOf(engine, at);
      if (fitsVersion(wanted, version)) return at;
      if (version !== undefined) seen.push(version);
    }
  }
  const what = wanted === undefined ? engine : `${engine} ${wanted}`;
  const there = seen.length === 0 ? 'it is not on this machine' : `this machine has ${[...new Set(seen)].join(', ')}`;
  throw new WizardError(`starting ${what}: ${there}`, {
    code: 'cache/no-server',
    remedy: 'fix-setup',
    hint: `Install ${programNames[engine][0]} without starting it, or name an image of it as \`container\` in the recipe.`,
  });
}

/** `7` is any 7. */
export const fitsVersion = (wanted: string | undefined, version: string | undefined): boolean =>
  wanted === undefined || version === wanted || version?.startsWith(`${wanted}.`) === true;

/** In what a program says to `--version`; `undefined`: it is another one. Valkey counts its versions on its own. */
export const versionSaid = (engine: Engine, said: string): string | undefined =>
  (engine === 'redis' ? /^Redis server v=(\d+(?:\.\d+)*)/m : /^memcached (\d+(?:\.\d+)*)/m).exec(said)?.[1];

/** `undefined`: it is something else, or cannot be run. */
async function versionOf(engine: Engine, path: string): Promise<string | undefined> {
  try {
    return versionSaid(engine, (await runCommand([path, '--version'], { timeLimitMs: 20_000 })).stdout);
  } catch (error) {
    if (codeOf(error).startsWith('command/')) return undefined;
    throw error;
  }
}

export interface SystemUser {
  readonly uid: number;
  readonly gid: number;
}

/** Whom a cache runs as: what its package made, else nobody; `undefined` where we are not root and it runs as we do. */
export async function cacheUser(engine: CacheSpec['engine']): Promise<SystemUser | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n');
  for (const name of [engine, engine === 'memcached' ? 'memcache' : 'valkey', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new WizardError(`starting ${engine}: there is no user for it on this machine, not even nobody`, {
    code: 'cache/no-user',
    remedy: 'fix-setup',
    hint: 'Make a system user called nobody; caches do not run as root.',
  });
}
