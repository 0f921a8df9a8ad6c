import { randomBytes } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import type { EnvironmentId } from '../../domain/claim.ts';
import { removeClone, removedPrefix, removeRemains } from '../../kit/clone/make-clone.ts';
import { savedTaken } from '../../kit/golden/saved-taken.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { runCommand } from '../../kit/run-command.ts';
import { syncDirectory, writeWhole } from '../../kit/write-whole.ts';
import type { SavedState } from '../../ports/saved-states.ts';
import { engines, folderName } from './database-spec.ts';

/** `manifest.json` of a saved state: what a golden copy has, so that it is cloned as one, and where it came from. */
const savedManifest = z.object({
  name: z.string(),
  engine: z.enum(engines),
  serverVersion: z.string(),
  source: z.string(),
  version: z.string(),
  masked: z.boolean(),
  bytes: z.number(),
  savedAt: z.number(),
  stoodStillMs: z.number(),
  from: z.object({
    by: z.string(),
    environment: z.string().transform((text) => text as EnvironmentId),
    service: z.string(),
    pull: z.string(),
    sha: z.string().exactOptional(),
  }),
});

/** What its data is, beside what people are told. */
export interface DataAbout {
  readonly database: string;
  readonly superuser: string;
}

const syncLimitMs = 30 * 60_000;
const partialPrefix = (instance: string): string => `.partial-${encodeURIComponent(instance)}-`;

/** `GOLDEN/.saved/NAME/` with `data/` and, written last, `manifest.json`. */
export function savedFolder(root: string, instance: string) {
  const pathOf = (name: string): string => join(root, name);

  async function find(name: string): Promise<SavedState | undefined> {
    if (!folderName.test(name)) return undefined;
    const text = await orMissing(readFile(join(pathOf(name), 'manifest.json'), 'utf8'));
    try {
      return text === undefined ? undefined : savedManifest.safeParse(JSON.parse(text)).data;
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  return {
    root,
    pathOf,
    find,
    /** Newest first. */
    async list(): Promise<SavedState[]> {
      const names = (await orMissing(readdir(root))) ?? [];
      const found = await Promise.all(names.map(find));
      return found.flatMap((state) => state ?? []).sort((a, b) => b.savedAt - a.savedAt);
    },
    partial: (): string => join(root, `${partialPrefix(instance)}${randomBytes(6).toString('hex')}`),
    /** Makes what lies whole in `partial` the state: on the disk, the manifest last, in one step. */
    async publish(partial: string, state: SavedState, data: DataAbout): Promise<void> {
      await runCommand(['sync', '--file-system', '--', partial], { timeLimitMs: syncLimitMs });
      await writeWhole(join(partial, 'manifest.json'), `${JSON.stringify({ ...state, ...data }, undefined, 2)}\n`);
      await rename(partial, pathOf(state.name)).catch((error: unknown) => {
        const { code = '' } = error as NodeJS.ErrnoException;
        throw ['ENOTEMPTY', 'EEXIST', 'ENOTDIR'].includes(code) ? savedTaken(state.name) : error;
      });
      await syncDirectory(root);
    },
    remove: (name: string): Promise<void> => removeClone(pathOf(name)),
    discard: (partial: string): Promise<void> => removeClone(partial),
    /** Takes away what an earlier life of ours left half done. */
    async sweep(): Promise<void> {
      for (const name of (await orMissing(readdir(root))) ?? []) {
        if (name.startsWith(partialPrefix(instance))) await removeClone(join(root, name));
        else if (name.startsWith(removedPrefix) || name.startsWith('.trial-')) await removeRemains(join(root, name));
      }
    },
  };
}

export type SavedFolder = ReturnType<typeof savedFolder>;
