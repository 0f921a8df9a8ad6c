import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../domain/claim.ts';
import { once } from './one-at-a-time.ts';
import { orMissing } from './path-kind.ts';
import { removeTree } from './remove-tree.ts';
import { isRemains, makeWhole, readIfThere, removeWhole, writeWhole } from './supervised-run/run-files.ts';

/** What a driver keeps on this machine of each of its resources: a folder `ROOT/CLAIM` with `about.json` and what else it needs. */
export interface ClaimFolders<About> {
  pathOf(claim: Claim): string;
  /** Makes the folder whole; false when it was there already. */
  make(claim: Claim, about: About): Promise<boolean>;
  /** `missing`: no folder. `half`: a folder, but nothing that can be read as ours in it. */
  read(claim: Claim): Promise<About | 'missing' | 'half'>;
  write(claim: Claim, about: About): Promise<void>;
  remove(claim: Claim): Promise<void>;
  claims(): Promise<readonly Claim[]>;
}

export function claimFolders<About>(root: string, parse: (value: unknown) => About | undefined): ClaimFolders<About> {
  const pathOf = (claim: Claim): string => join(root, claimName(claim));
  const aboutOf = (claim: Claim): string => join(pathOf(claim), 'about.json');
  const open = once(async () => {
    await mkdir(root, { recursive: true, mode: 0o700 });
    for (const name of await readdir(root)) if (isRemains(name)) await removeTree(join(root, name));
  });
  const namesThere = async (): Promise<string[]> => (await orMissing(readdir(root))) ?? [];
  return {
    pathOf,
    async make(claim, about) {
      await open();
      return makeWhole(pathOf(claim), { 'about.json': JSON.stringify(about) });
    },
    async read(claim) {
      const text = await readIfThere(aboutOf(claim));
      if (text !== undefined) return parse(parsed(text)) ?? 'half';
      return (await namesThere()).includes(claimName(claim)) ? 'half' : 'missing';
    },
    write: (claim, about) => writeWhole(aboutOf(claim), JSON.stringify(about)),
    remove: (claim) => removeWhole(pathOf(claim)),
    claims: async () => (await namesThere()).flatMap((name) => parseClaim(name) ?? []),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
