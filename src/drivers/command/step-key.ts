import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { canonical } from '../../domain/json.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import type { StepReuse } from './command-spec.ts';
import { insidePath } from './inside-path.ts';

export type StepKey = { readonly key: string } | { readonly unusable: string };

/** What makes two runs of a step the same: its arguments, the contents of `files`, the machine, node, whose repository it is, and whether it is trusted. */
export async function stepKey(directory: string, run: readonly string[], reuse: StepReuse): Promise<StepKey> {
  const files: Record<string, string> = {};
  for (const path of reuse.files) {
    const place = await insidePath(directory, path);
    const hash = place === undefined ? undefined : await hashOf(place);
    if (hash === undefined) return { unusable: `${path} is not a file or directory of the checkout` };
    files[path] = hash;
  }
  const machine = `${process.platform}-${process.arch}-${process.version}`;
  const { trusted, keep, repository } = reuse;
  return { key: stableHash(canonical({ run, files, machine, trusted, keep, repository }), 32) };
}

/** `undefined`: missing, or neither a file nor a directory; links are not followed. */
async function hashOf(path: string): Promise<string | undefined> {
  const kind = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
  if (kind?.isFile()) {
    const hash = createHash('sha256');
    await pipeline(createReadStream(path), hash);
    return hash.digest('hex');
  }
  if (!kind?.isDirectory()) return undefined;
  const entries: Record<string, string> = {};
  for (const name of await readdir(path)) entries[name] = (await hashOf(join(path, name))) ?? 'other';
  return stableHash(canonical(entries), 64);
}
