import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { plainEnvironment } from '../../kit/run-command.ts';
import type { CacheSpec } from './cache-spec.ts';

const programs = { redis: ['redis-server', 'valkey-server'], memcached: ['memcached'] } as const;

/** Path of the program for this kind of cache; throws `cache/no-server`. */
export async function findProgram(engine: CacheSpec['engine']): Promise<string> {
  const path = (plainEnvironment()['PATH'] ?? '').split(':').filter((folder) => folder.startsWith('/'));
  for (const folder of [...path, '/usr/local/bin', '/usr/bin', '/usr/sbin']) {
    for (const name of programs[engine]) {
      const at = join(folder, name);
      if ((await orMissing(access(at).then(() => true))) === true) return at;
    }
  }
  throw new WizardError(`starting ${engine}: it is not on this machine`, {
    code: 'cache/no-server',
    remedy: 'fix-setup',
    hint: `Install ${programs[engine][0]} without starting it.`,
  });
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
