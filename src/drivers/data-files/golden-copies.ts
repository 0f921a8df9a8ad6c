import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { type DirectoryTrash, directoryTrash } from '../../kit/directory-trash.ts';
import { once } from '../../kit/one-at-a-time.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { whileRoomy } from '../../kit/pool/pool-room.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { sharedWork } from '../../kit/shared-work.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BakedImage, BakeOrder } from '../../ports/data-bakes.ts';
import { type Bake, bakeGolden, partialPrefix } from './bake-golden.ts';
import { type DataSources, sourceFolder } from './data-source.ts';
import { dataVersion } from './data-versions.ts';
import { completeGoldens, findGolden, goldenPath, goldenRoot } from './golden-folder.ts';

export interface GoldenOptions {
  readonly dataDir: string;
  readonly sources: DataSources;
  readonly clock: Clock;
  readonly log: Log;
  readonly loadLimitMs: number;
  /** Whether `dataDir` is a pool, in which databases may run. */
  readonly isPool: boolean;
}

export interface GoldenWanted {
  readonly source: string;
  readonly version: string;
}

export interface GoldenCopies {
  /** Lets `work` read the files of a golden copy, which is made first when it is not there; it is not pruned meanwhile. */
  using<T>(wanted: GoldenWanted, signal: AbortSignal, work: (files: string) => Promise<T>): Promise<T>;
  /** Makes a copy of a source as it is now, under a version of its own. `data/version-gone`: it changed meanwhile. */
  bake(order: BakeOrder, about: BakeAbout): Promise<BakedImage>;
  /** Deletes what tries of this source left half made. Called while none is under way. */
  sweep(source: string): Promise<void>;
  /** Drops the copies of a source that are not kept, but those that are being read. */
  keepOnly(source: string, isKept: (version: string) => boolean): Promise<void>;
  /** Of the sources that are not baked it drops all but the newest `keep` of each source and those that are needed. Answers what went. */
  prune(keep: number, isNeeded: (golden: GoldenWanted) => boolean): Promise<readonly GoldenWanted[]>;
  close(): Promise<void>;
}

export interface BakeAbout {
  readonly signal: AbortSignal;
  readonly say: (what: string) => void;
}

/** The golden copies of all sources. Each version is made once, however many ask; a bake for which nobody waits any more is stopped. */
export function goldenCopies(options: GoldenOptions): GoldenCopies {
  const { dataDir, sources, log } = options;
  const running = bakesUnderWay(options);
  const held = new Map<string, number>();
  const trashes = new Map<string, DirectoryTrash>();
  const swept = once(() => sweep(dataDir));
  const hold = (key: string, by: number): void => void held.set(key, (held.get(key) ?? 0) + by);

  function trashOf(source: string): DirectoryTrash {
    const root = join(goldenRoot(dataDir), sourceFolder(source));
    const trash = trashes.get(root) ?? directoryTrash(root, { log, gone: () => undefined });
    trashes.set(root, trash);
    return trash;
  }

  return {
    async using(wanted, signal, work) {
      await swept();
      const key = keyOf(wanted);
      hold(key, 1);
      try {
        if (!(await findGolden(dataDir, wanted.source, wanted.version))) await running.once(key, wanted, signal);
        return await work(join(goldenPath(dataDir, wanted.source, wanted.version), 'files'));
      } finally {
        hold(key, -1);
      }
    },
    async bake({ source: name, stamp, version }, { signal, say }) {
      const source = sources[name];
      if (!source) throw unknownSource(name);
      await swept();
      const state = (await dataVersion(source)) ?? 'unreadable';
      const made = { dataDir, name, source, version: version ?? `${stamp}-${state.slice(0, 8)}` };
      const { clock, loadLimitMs: limitMs } = options;
      const size = await bakeRoomy(options, { ...made, state, clock, signal, limitMs, say });
      return { version: made.version, ...size };
    },
    async sweep(source) {
      await sweepSource(join(goldenRoot(dataDir), sourceFolder(source)));
    },
    async keepOnly(source, isKept) {
      for (const { version } of await completeGoldens(dataDir, source)) {
        if (isKept(version) || (held.get(keyOf({ source, version })) ?? 0) > 0) continue;
        await trashOf(source).throwAway(version);
      }
    },
    async prune(keep, isNeeded) {
      const gone: GoldenWanted[] = [];
      for (const source of Object.keys(sources).filter((name) => !sources[name]?.goldenFiles)) {
        for (const { version } of (await completeGoldens(dataDir, source)).slice(keep)) {
          const golden = { source, version };
          if ((held.get(keyOf(golden)) ?? 0) > 0 || isNeeded(golden)) continue;
          await trashOf(source).throwAway(version);
          gone.push(golden);
        }
      }
      return gone;
    },
    async close() {
      await running.close();
      await Promise.all([...trashes.values()].map((trash) => trash.idle()));
    },
  };
}

/** In a pool it ends before databases that run there have no room left. */
function bakeRoomy({ isPool, dataDir, clock }: GoldenOptions, bake: Bake): Promise<{ readonly bytes: number }> {
  if (!isPool) return bakeGolden(bake);
  const about = { doing: `copying ${bake.name}`, atOnce: 0, root: dataDir, clock, signal: bake.signal };
  return whileRoomy(about, (signal) => bakeGolden({ ...bake, signal }));
}

/** Bakes for which environments wait. */
function bakesUnderWay(options: GoldenOptions) {
  const { dataDir, sources, log, clock, loadLimitMs } = options;
  const running = sharedWork<void>();

  async function bake({ source: name, version }: GoldenWanted, signal: AbortSignal): Promise<void> {
    const source = sources[name];
    if (!source) throw unknownSource(name);
    log.info('data.bake', { source: name, version });
    try {
      const about = { dataDir, name, source, version, state: version, clock, signal, limitMs: loadLimitMs };
      await bakeRoomy(options, about);
    } catch (error) {
      // Whoever waits is told why it failed; when nobody does any more, the operator is.
      log.warn('data.bake-failed', { source: name, error: describeError(error) });
      throw error;
    }
  }

  return {
    once: (key: string, wanted: GoldenWanted, signal: AbortSignal): Promise<void> =>
      running.join(key, signal, (stop) => bake(wanted, stop)),
    close: running.close,
  };
}

/** Deletes what an earlier run left half made or half deleted. */
async function sweep(dataDir: string): Promise<void> {
  const root = goldenRoot(dataDir);
  for (const source of (await orMissing(readdir(root))) ?? []) await sweepSource(join(root, source));
}

async function sweepSource(folder: string): Promise<void> {
  for (const entry of (await orMissing(readdir(folder))) ?? [])
    if (entry.startsWith(partialPrefix) || entry.startsWith('.gone-')) await removeTree(join(folder, entry));
}

const keyOf = ({ source, version }: GoldenWanted): string => JSON.stringify([source, version]);

const unknownSource = (name: string): WizardError =>
  new WizardError(`making the golden copy of ${name}: there is no such data source`, {
    code: 'data/unknown-source',
    remedy: 'fix-setup',
    hint: 'Name it in the configuration, or use one that is there in the recipe.',
  });
