import { randomBytes } from 'node:crypto';
import { readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import { orMissing } from './path-kind.ts';
import { removeTree } from './remove-tree.ts';

interface Going {
  readonly name: string;
  done: Promise<void>;
  failure: string | undefined;
}

export interface DirectoryTrash {
  /** Takes `name` out of the way at once and deletes it in the background; what is not there is success. */
  throwAway(name: string): Promise<void>;
  /** Deletes what an earlier run left half deleted, and tries failed ones again. */
  sweep(): Promise<void>;
  isLeaving(name: string): boolean;
  /** Why the last try to delete `name` failed. */
  failureOf(name: string): string | undefined;
  names(): readonly string[];
  idle(): Promise<void>;
}

/**
 * Directories of `root` that are on their way out: renamed to `.gone-NAME-…` first, which is quick and leaves no half directory under
 * its old name, then deleted. `gone` is called when one has ended or failed.
 */
export function directoryTrash(root: string, about: { log: Log; gone: (name: string) => void }): DirectoryTrash {
  const all = new Map<string, Going>();

  const begin = (trashName: string, name: string): void => {
    const going: Going = { name, done: Promise.resolve(), failure: undefined };
    all.set(trashName, going);
    going.done = removeTree(join(root, trashName))
      .then(
        () => void all.delete(trashName),
        (error: unknown) => {
          going.failure = describeError(error);
          about.log.error('files.delete', { name: trashName, error: going.failure });
        },
      )
      .then(() => about.gone(name));
  };

  const of = (name: string): Going[] => [...all.values()].filter((going) => going.name === name);

  return {
    async throwAway(name) {
      const trashName = `.gone-${name}-${randomBytes(4).toString('hex')}`;
      const moved = await orMissing(rename(join(root, name), join(root, trashName)).then(() => true));
      if (moved) begin(trashName, name);
    },
    async sweep() {
      for (const entry of await readdir(root)) {
        const name = /^\.gone-(.+)-[0-9a-f]{8}$/.exec(entry)?.[1];
        if (name && (!all.has(entry) || all.get(entry)?.failure)) begin(entry, name);
      }
    },
    isLeaving: (name) => of(name).some((going) => !going.failure),
    failureOf: (name) => of(name).find((going) => going.failure)?.failure,
    names: () => [...new Set([...all.values()].map((going) => going.name))],
    async idle() {
      await Promise.all([...all.values()].map((going) => going.done));
    },
  };
}
