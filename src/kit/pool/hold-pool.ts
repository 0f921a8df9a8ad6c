import { chownSync, mkdirSync, statSync } from 'node:fs';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import type { Log } from '../../ports/call.ts';
import { type FileLock, lockFile } from '../lock-file.ts';
import { pathKind } from '../path-kind.ts';
import { mountPool, type PoolMount } from './mount-pool.ts';
import { poolPlaces } from './pool-places.ts';

/** While it is held nobody else mounts, makes or removes the pool of this data directory. For commands. Throws `clone/pool-busy` while a server runs over this data directory. */
export function holdPool(dataDir: string, doing: string): FileLock {
  const hold = tryHold(dataDir);
  if (hold) return hold;
  throw new WizardError(`${doing}: a server uses this data directory now`, {
    code: 'clone/pool-busy',
    remedy: 'fix-setup',
    hint: 'Stop the server, run the command again, and start it: environments run on meanwhile.',
  });
}

/** For the server: mounts the pool again where there is one, before anything looks for golden copies, and holds it. */
export async function openPool(dataDir: string, log: Log): Promise<FileLock> {
  const hold = tryHold(dataDir);
  if (!hold) {
    throw new WizardError('starting: a command changes the pool of this data directory, or another server uses it', {
      code: 'clone/pool-busy',
      remedy: 'try-again',
      hint: 'Wait until `wizard data pool` is done, or stop the other server.',
    });
  }
  try {
    const began = performance.now();
    const mounted = await mountIfNeeded(dataDir, log);
    if (mounted === 'now')
      log.info('pool.mounted', { path: poolPlaces(dataDir).mount, tookMs: Math.round(performance.now() - began) });
    return hold;
  } catch (error) {
    hold.close();
    throw error;
  }
}

/** One that golden copies do not lie in, since its making or removal was cut short, keeps no server from starting. */
async function mountIfNeeded(dataDir: string, log: Log): Promise<PoolMount> {
  try {
    return await mountPool(dataDir);
  } catch (error) {
    if ((await pathKind(poolPlaces(dataDir).golden)) !== 'directory') throw error;
    log.warn('pool.not-mounted', { error: describeError(error) });
    return 'none';
  }
}

function tryHold(dataDir: string): FileLock | undefined {
  const { root, lock } = poolPlaces(dataDir);
  mkdirSync(root, { recursive: true });
  const hold = lockFile(lock);
  // A command of root must not keep the server's user out.
  const { uid, gid } = statSync(root);
  if (hold && process.getuid?.() === 0) chownSync(lock, uid, gid);
  return hold;
}
