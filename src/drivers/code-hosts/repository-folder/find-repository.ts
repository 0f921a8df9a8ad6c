import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { RepositoryId, RepositoryRef } from '../../../domain/pull-request.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { orMissing, pathKind } from '../../../kit/path-kind.ts';

const part = /^(?!\.+$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,99}$/;

/** `ROOT/OWNER/NAME.git` of `owner/name`; throws for a name that could lead elsewhere. */
export function repositoryPath(root: string, name: string): string {
  const parts = name.split('/');
  if (parts.length !== 2 || !parts.every((text) => part.test(text))) throw noRepository(name);
  return join(root, `${name}.git`);
}

/** The repository's id is kept inside it, so it survives a new name; where we may not write it is made from the path. */
export async function findRepository(root: string, name: string): Promise<RepositoryRef> {
  const gitDir = repositoryPath(root, name);
  if ((await pathKind(join(gitDir, 'HEAD'))) !== 'file') throw noRepository(name);
  return { id: `folder-${stableHash(await identityOf(gitDir), 16)}` as RepositoryId, name };
}

async function identityOf(gitDir: string): Promise<string> {
  const path = join(gitDir, 'wizard/id');
  const known = await orMissing(readFile(path, 'utf8'));
  if (known) return known.trim();
  const mine = join(gitDir, 'wizard', `.id-${randomUUID()}`);
  try {
    await mkdir(join(gitDir, 'wizard'), { recursive: true });
    await writeFile(mine, `${randomUUID()}\n`);
    // Of two that do this at once only one link succeeds, and both read the same id.
    await link(mine, path).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    await rm(mine);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (['EROFS', 'EACCES', 'EPERM'].includes(code)) return realpath(gitDir);
    throw error;
  }
  return (await readFile(path, 'utf8')).trim();
}

const noRepository = (name: string): WizardError =>
  new WizardError(`reading ${JSON.stringify(name)}: there is no such bare repository in the folder`, {
    code: 'repository-folder/no-repository',
    remedy: 'fix-setup',
    hint: 'Repositories are at OWNER/NAME.git below the path of this code host.',
  });
