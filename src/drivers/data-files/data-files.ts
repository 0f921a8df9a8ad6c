import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import * as z from 'zod';
import type { Claim } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type CloneBytes, copyBytes } from '../../kit/clone/clone-bytes.ts';
import { type CopyHow, canReflink, copyTree } from '../../kit/copy-tree.ts';
import type { DiskGuard } from '../../kit/disk-guard.ts';
import { localTraits } from '../../kit/local-look.ts';
import { type MadeDirectories, madeDirectories } from '../../kit/made-directory.ts';
import type { Making } from '../../kit/making-task.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataBaker, GoldenCopyView } from '../../ports/data-bakes.ts';
import type { DriverShared, ResourceDriver } from '../../ports/resource-driver.ts';
import { type DataSources, withFullPaths } from './data-source.ts';
import { copiesOf, fileBaker } from './file-baker.ts';
import { type GoldenWanted, goldenCopies } from './golden-copies.ts';
import { goldenRoot, isVersion } from './golden-folder.ts';
import { withFormer } from './with-former.ts';

export interface DataFilesOptions {
  /** Golden copies and clones are kept below it. */
  readonly dataDir: string;
  /** Where they are kept instead, from now on: a file system that shares blocks. Clones of before stay where they are. */
  readonly pool?: string;
  readonly sources: DataSources;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk?: DiskGuard | undefined;
  /** How long a load command may take; default one hour. */
  readonly loadLimitMs?: number;
}

export interface DataFilesDriver extends ResourceDriver {
  /** Makes copies of the sources with `goldenFiles`. */
  readonly baker: DataBaker;
  /** Copies of a source that are here, the newest first. */
  copies(source: string): Promise<readonly GoldenCopyView[]>;
  /** What the clones that are there, or on their way, were made from. */
  goldenInUse(): Promise<readonly GoldenWanted[]>;
  /** Room that the clone of this claim takes for itself; `undefined` when it is not there whole. */
  diskUse(claim: Claim): Promise<CloneBytes | undefined>;
  /** Drops golden copies that no clone was made from, but the newest two of each source. Answers what went. */
  prune(): Promise<readonly GoldenWanted[]>;
  /** Stops loads and copies that are on their way. */
  close(): Promise<void>;
}

const dataSpec = z.object({
  source: z.string().min(1),
  version: z.string().refine(isVersion),
  edition: z.int().min(0),
});
type DataSpec = z.infer<typeof dataSpec>;

const lookLimitMs = 20_000;
const cloneLimitMs = 60 * 60_000;
const goldensKept = 2;

/**
 * A writable copy of a golden copy at `DATA/data/CLAIM/`, or `POOL/data/CLAIM/`; blocks are shared where the file system can. Facts: `path`, `version`,
 * `edition`, `how`. Nobody writes to a golden copy once it is made.
 */
export function dataFiles(options: DataFilesOptions): DataFilesDriver {
  const { sources, shared, clock, log, disk, loadLimitMs = 60 * 60_000 } = options;
  const dataDir = resolve(options.pool ?? options.dataDir);
  const made = (home: string): MadeDirectories =>
    madeDirectories({ root: join(resolve(home), 'data'), what: 'the data', shared, clock, log, disk });
  const isPool = options.pool !== undefined;
  const goldens = goldenCopies({ dataDir, sources: withFullPaths(sources), clock, log, loadLimitMs, isPool });
  const directories = options.pool === undefined ? made(dataDir) : withFormer(made(dataDir), made(options.dataDir));
  const ways = new Map<string, CopyHow>();

  async function make(spec: DataSpec, { path, signal, say }: Making): Promise<JsonObject> {
    say(`waiting for the golden copy of ${spec.source}`);
    await mkdir(goldenRoot(dataDir), { recursive: true });
    const root = dirname(path);
    const how = ways.get(root) ?? ((await canReflink(goldenRoot(dataDir), root)) ? 'reflink' : 'copy');
    ways.set(root, how);
    const about = { how, signal, timeLimitMs: cloneLimitMs };
    await goldens.using(spec, signal, async (files) => {
      say(`copying ${spec.source}`);
      await copyTree(files, path, about);
    });
    return { path, version: spec.version, edition: spec.edition, how: about.how };
  }

  async function goldenInUse(): Promise<GoldenWanted[]> {
    return (await directories.specs()).flatMap((spec) => {
      const checked = dataSpec.safeParse(spec);
      return checked.success ? [{ source: checked.data.source, version: checked.data.version }] : [];
    });
  }

  async function diskUse(claim: Claim): Promise<CloneBytes | undefined> {
    const seen = await directories.observe(claim, {}, { signal: AbortSignal.timeout(lookLimitMs), log });
    if (seen.is !== 'ready') return undefined;
    const { path, how } = seen.facts;
    return copyBytes(String(path), how === 'reflink' ? 'reflink' : 'copy');
  }

  return {
    kind: 'data-files',
    baker: fileBaker(goldens, { dataDir, inUse: goldenInUse }),
    copies: (source) => copiesOf(dataDir, source, goldenInUse),
    traits: localTraits('costly'),
    observe: directories.observe,
    create: async (claim, spec, call) => {
      const checked = parse(spec);
      await directories.begin(claim, spec, (making) => make(checked, making), call);
    },
    destroy: directories.remove,
    owned: directories.owned,
    goldenInUse,
    diskUse,
    async prune() {
      const used = await goldenInUse();
      return goldens.prune(goldensKept, ({ source, version }) =>
        used.some((other) => other.source === source && other.version === version),
      );
    },
    close: async () => {
      await directories.close();
      await goldens.close();
    },
  };
}

function parse(spec: JsonObject): DataSpec {
  const checked = dataSpec.safeParse(spec);
  if (checked.success) return checked.data;
  throw new WizardError('creating data: what is asked for is not a version of a source', {
    code: 'data/bad-spec',
    remedy: 'report-bug',
    cause: checked.error,
  });
}
