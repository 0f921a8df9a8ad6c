import { lstat, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { parseClaim } from '../domain/claim.ts';
import { canonical, type JsonObject, sameJson } from '../domain/json.ts';
import type { Clock } from '../ports/clock.ts';
import type { Difference } from '../ports/resource-driver.ts';
import { orMissing, pathKind } from './path-kind.ts';
import { writeWhole } from './write-whole.ts';

export interface Marker {
  readonly spec: JsonObject;
  readonly facts: JsonObject;
}

const ending = '.done';

export type DoneMarkers = ReturnType<typeof doneMarkers>;

/** The files `NAME.done` beside the directories of `root`: each says that its directory is whole, and what it was made from. */
export function doneMarkers(root: string, clock: Clock) {
  const pathOf = (name: string): string => join(root, `${name}${ending}`);

  async function read(name: string): Promise<Marker | undefined> {
    const text = await orMissing(readFile(pathOf(name), 'utf8'));
    return text === undefined ? undefined : parse(text);
  }

  return {
    read,
    write: (name: string, marker: Marker): Promise<void> =>
      writeWhole(pathOf(name), `${JSON.stringify({ ...marker, madeAt: new Date(clock.now()).toISOString() })}\n`),
    remove: (name: string): Promise<void> => rm(pathOf(name), { force: true }),
    /** Tells one directory from another that was put in its place. */
    async identity(name: string): Promise<string | undefined> {
      const stats = await orMissing(lstat(join(root, name)));
      return stats && `${stats.dev}:${stats.ino}`;
    },
    /** Names of all that is ours on disk. Markers whose directory was deleted behind our back go. */
    async sweep(isBusy: (name: string) => boolean): Promise<string[]> {
      const entries = await readdir(root);
      for (const entry of entries) {
        const name = entry.endsWith(ending) ? entry.slice(0, -ending.length) : '';
        if (!parseClaim(name) || isBusy(name) || (await pathKind(join(root, name))) !== 'missing') continue;
        await rm(pathOf(name), { force: true });
      }
      return entries.filter((entry) => parseClaim(entry));
    },
    async specs(): Promise<JsonObject[]> {
      const names = (await orMissing(readdir(root))) ?? [];
      const found = await Promise.all(names.filter((name) => parseClaim(name)).map(read));
      return found.flatMap((marker) => (marker ? [marker.spec] : []));
    },
  };
}

/** A marker that is not whole says nothing: its directory counts as half made. */
function parse(text: string): Marker | undefined {
  try {
    const { spec, facts } = (JSON.parse(text) ?? {}) as Partial<Marker>;
    return typeof spec === 'object' && typeof facts === 'object' ? { spec, facts } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** In which fields what was made differs from what is asked for now. */
export function differences(have: JsonObject, want: JsonObject): Difference[] {
  const fields = [...new Set([...Object.keys(have), ...Object.keys(want)])].sort();
  return fields.flatMap((field) => {
    const [a, b] = [have[field] ?? null, want[field] ?? null];
    return sameJson(a, b) ? [] : [{ field, have: canonical(a), want: canonical(b) }];
  });
}
