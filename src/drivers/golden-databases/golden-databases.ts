import { mkdir, readdir, realpath, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describeError, WizardError } from '../../domain/wizard-error.ts';
import { deleteSubvolume } from '../../kit/clone/subvolumes.ts';
import { goldenManifestOf, goldenVersions } from '../../kit/golden/golden-manifest.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { whileRoomy } from '../../kit/pool/pool-room.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import type { Clock } from '../../ports/clock.ts';
import type { DataBaker } from '../../ports/data-bakes.ts';
import { bakeGolden } from './bake-golden.ts';
import { bakingFolder, clearBakingFolder } from './baking-folder.ts';
import type { GoldenSources } from './golden-source.ts';
import { clearContainers } from './programs.ts';

export interface GoldenDatabasesOptions {
  /** `DATA/golden-databases` */
  readonly root: string;
  /** Of `wizard.yml`: two servers share a Docker Engine and leave each other's things alone. */
  readonly instance: string;
  readonly sources: GoldenSources;
  readonly clock: Clock;
  /** Whether a clone shows the files of this copy and would break without them. */
  readonly isUsed?: (source: string, version: string) => Promise<boolean>;
}

/** A server of MySQL's kind begins with logs of this size, which are written before anything is in them. */
const atOnce = 384 * 1024 * 1024;
const goingPrefix = '.gone-';

/** Golden databases: `ROOT/SOURCE/VERSION/` with `manifest.json` and `data/`, of a private server that was stopped in good order. */
export function goldenDatabases(options: GoldenDatabasesOptions): DataBaker {
  const { root, instance, sources, clock } = options;
  const markOf = (name: string): string => `${instance}/${name}`;

  async function clear(name: string): Promise<void> {
    if (sources[name]?.container !== undefined) await clearContainers(markOf(name));
    await clearBakingFolder(bakingFolder(root, name));
  }

  async function removeVersion(name: string, version: string): Promise<void> {
    // Out of the way at once: half of it must not be taken for a copy.
    const away = join(root, `${goingPrefix}${name}.${version}`);
    await rename(join(root, name, version), away);
    await removeAway(away);
  }

  return {
    async bake({ source: name, stamp, version }, call) {
      const source = sources[name];
      if (!source) throw unknown(name);
      await clear(name);
      try {
        const folder = bakingFolder(root, name);
        const about = { name, stamp, version, source, root, folder, mark: markOf(name), clock };
        await mkdir(root, { recursive: true, mode: 0o711 });
        const roomy = {
          doing: `baking ${name}`,
          atOnce,
          root: dirname(await realpath(root)),
          clock,
          signal: call.signal,
        };
        return await whileRoomy(roomy, (signal) => bakeGolden({ ...about, call: { ...call, signal } }));
      } finally {
        await clear(name).catch((error: unknown) =>
          call.log.warn('data.bake-sweep', { source: name, error: describeError(error) }),
        );
      }
    },
    async sweep(name) {
      await clear(name);
      for (const entry of (await orMissing(readdir(root))) ?? [])
        if (entry.startsWith(`${goingPrefix}${name}.`)) await removeAway(join(root, entry));
      for (const version of await goldenVersions(root, name))
        if (!(await goldenManifestOf(root, name, version))) await removeVersion(name, version);
    },
    async keepOnly(name, versions) {
      for (const version of await goldenVersions(root, name))
        if (!versions.has(version) && !(await options.isUsed?.(name, version))) await removeVersion(name, version);
    },
    isThere: async (name, version) => (await goldenManifestOf(root, name, version)) !== undefined,
  };
}

async function removeAway(away: string): Promise<void> {
  await deleteSubvolume(join(away, 'data'));
  await removeTree(away);
}

const unknown = (name: string): WizardError =>
  new WizardError(`baking ${name}: there is no such data source`, {
    code: 'golden/unknown-source',
    remedy: 'report-bug',
  });
