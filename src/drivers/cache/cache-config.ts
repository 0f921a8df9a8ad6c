import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { closedFolder, openFolderHint } from '../../kit/closed-folder.ts';
import { once } from '../../kit/one-at-a-time.ts';
import type { SystemUser } from './cache-programs.ts';

/** Longest path that a Unix socket can have on Linux is 107 bytes. */
const longestFolder = 107 - '/memcached.sock'.length;

/** Files that are there only while a cache starts, since they hold its password, and the closed folders of sockets. */
export function cacheConfigs(dataDir: string) {
  const folder = join(dataDir, 'cache-configs');
  const sockets = join(dataDir, 'cache-sockets');
  const pathOf = (claim: Claim): string => join(folder, `${claimName(claim)}.conf`);
  const runOf = (claim: Claim): string => {
    const name = stableHash(`${dataDir} ${claimName(claim)}`, 16);
    const inside = join(sockets, name);
    return Buffer.byteLength(inside) <= longestFolder ? inside : join(tmpdir(), `wizard-cache-${name}`);
  };
  // What a life before this one left: it was read, or its reader starts anew.
  const open = once(async () => {
    await rm(folder, { recursive: true, force: true });
    for (const one of [folder, sockets]) await mkdir(one, { recursive: true, mode: 0o711 });
  });
  const mustEnter = async (user: SystemUser | undefined): Promise<void> => {
    const closed = user && (await closedFolder(folder, user));
    if (closed !== undefined) throw cannotEnter(closed);
  };
  return {
    pathOf,
    runOf,
    async write(claim: Claim, text: string, user: SystemUser | undefined): Promise<void> {
      await open();
      await mustEnter(user);
      await writeFile(pathOf(claim), text, { mode: 0o600 });
      if (user) await chown(pathOf(claim), user.uid, user.gid);
    },
    /** The folder of its socket, empty: nobody but its user, and root, may enter. */
    async openRun(claim: Claim, user: SystemUser | undefined): Promise<void> {
      await open();
      await mustEnter(user);
      await rm(runOf(claim), { recursive: true, force: true });
      await mkdir(runOf(claim), { mode: 0o700 });
      if (user) await chown(runOf(claim), user.uid, user.gid);
    },
    remove: (claim: Claim): Promise<void> => rm(pathOf(claim), { force: true }),
    removeRun: (claim: Claim): Promise<void> => rm(runOf(claim), { recursive: true, force: true }),
  };
}

export type CacheConfigs = ReturnType<typeof cacheConfigs>;

const cannotEnter = (folder: string): WizardError =>
  new WizardError(`starting a cache: the user that it runs as may not enter ${folder}`, {
    code: 'cache/closed-folder',
    remedy: 'fix-setup',
    hint: openFolderHint(folder),
  });
