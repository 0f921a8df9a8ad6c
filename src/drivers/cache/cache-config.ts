import { chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { closedFolder, openFolderHint } from '../../kit/closed-folder.ts';
import { once } from '../../kit/one-at-a-time.ts';
import type { SystemUser } from './cache-programs.ts';

/** Files that are there only while a cache starts: they hold its password. */
export function cacheConfigs(folder: string) {
  const pathOf = (claim: Claim): string => join(folder, `${claimName(claim)}.conf`);
  // What a life before this one left: it was read, or its reader starts anew.
  const open = once(async () => {
    await rm(folder, { recursive: true, force: true });
    await mkdir(folder, { recursive: true, mode: 0o711 });
  });
  return {
    pathOf,
    async write(claim: Claim, text: string, user: SystemUser | undefined): Promise<void> {
      await open();
      const closed = user && (await closedFolder(folder, user));
      if (closed !== undefined) throw cannotEnter(closed);
      await writeFile(pathOf(claim), text, { mode: 0o600 });
      if (user) await chown(pathOf(claim), user.uid, user.gid);
    },
    remove: (claim: Claim): Promise<void> => rm(pathOf(claim), { force: true }),
  };
}

export type CacheConfigs = ReturnType<typeof cacheConfigs>;

const cannotEnter = (folder: string): WizardError =>
  new WizardError(`starting a cache: the user that it runs as may not enter ${folder}`, {
    code: 'cache/closed-folder',
    remedy: 'fix-setup',
    hint: openFolderHint(folder),
  });
