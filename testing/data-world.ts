import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Claim, claimName } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { type DataFilesDriver, dataFiles } from '../src/drivers/data-files/data-files.ts';
import type { DataSources } from '../src/drivers/data-files/data-source.ts';
import { dataVersions } from '../src/drivers/data-files/data-versions.ts';
import { systemClock } from '../src/kit/clock.ts';
import { removeTree } from '../src/kit/remove-tree.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall, aClaim } from './builders.ts';
import { brokenBy } from './conformance/resource-world.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { silentLog } from './silent-log.ts';

/** Fills the directory from the dump, and counts its runs in a file beside the dump. A dump that says `corrupt` fails half way. */
const load = [
  process.execPath,
  '-e',
  `const fs = require("fs"); const dump = fs.readFileSync(process.env.WIZARD_DUMP, "utf8");
   fs.appendFileSync(process.env.WIZARD_DUMP + ".runs", "x");
   fs.mkdirSync("tables"); fs.writeFileSync("tables/users", dump);
   if (dump.includes("corrupt")) { console.error("reading the dump"); console.error("line 1: not a dump"); process.exit(1) }
   fs.symlinkSync("tables/users", "link");
   if (dump.includes("escape")) fs.symlinkSync(process.cwd() + "/tables/users", "escape");`,
];

/** A source `staging` that a real command loads from a real dump, and a data-files driver over it. */
export async function dataWorld(extra: (directory: string) => DataSources = () => ({}), place = tmpdir()) {
  const directory = await mkdtemp(join(place, 'data-world-'));
  const dump = join(directory, 'staging.dump');
  await writeFile(dump, 'alice\n');
  const dataDir = join(directory, 'data');
  const sources: DataSources = { staging: { dump, load }, ...extra(directory) };
  const root = join(dataDir, 'data');
  const changes: Pick<Claim, 'environment' | 'role'>[] = [];
  const drivers: DataFilesDriver[] = [];
  const open = (pool?: string): DataFilesDriver => {
    const shared = { changed: (claim: Pick<Claim, 'environment' | 'role'>): void => void changes.push(claim) };
    const driver = dataFiles({
      ...{ dataDir, sources, shared, clock: systemClock, log: silentLog() },
      ...(pool === undefined ? {} : { pool }),
    });
    drivers.push(driver);
    return driver;
  };
  const driver = open();
  const timeToSettleMs = 20_000;
  const settle = settleInRealTime(timeToSettleMs);
  const present = async (source = 'staging', edition = 0): Promise<JsonObject> => ({
    source,
    version: (await dataVersions({ dataDir, sources }))[source] ?? '',
    edition,
  });
  const spec = await present();
  const claim = aClaim({ role: 'data.00000001' });
  const path = (of: Claim = claim): string => join(root, claimName(of));

  const until = async (
    state: Observation['is'],
    wanted: JsonObject = spec,
    of: Claim = claim,
  ): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await (drivers.at(-1) ?? driver).observe(of, wanted, aCall());
      if (seen.is === 'broken' && state !== 'broken') assert.fail(`broken: ${seen.note}`);
      return seen.is === state;
    });
    return seen;
  };

  const close = async (): Promise<void> => {
    await Promise.all(drivers.map((one) => one.close()));
    await removeTree(directory);
  };

  return {
    directory,
    dataDir,
    dump,
    root,
    driver,
    changes,
    spec,
    otherSpec: { ...spec, edition: 1 },
    present,
    versions: () => dataVersions({ dataDir, sources }),
    claim,
    claimOf: (role: string): Claim => aClaim({ role }),
    role: 'data.3f9a2c1d',
    path,
    settle,
    timeToSettleMs,
    until,
    /** As after a kill: what was being made stays half, and a new driver looks at it. */
    async reopen(pool?: string): Promise<DataFilesDriver> {
      await Promise.all(drivers.map((one) => one.close()));
      return open(pool);
    },
    /** A finished clone's path. */
    async made(wanted: JsonObject = spec, of: Claim = claim): Promise<string> {
      await (drivers.at(-1) ?? driver).create(of, wanted, aCall());
      await until('ready', wanted, of);
      return path(of);
    },
    runs: async (): Promise<number> => (await readFile(`${dump}.runs`, 'utf8')).length,
    golden: (wanted: JsonObject = spec): string =>
      join(dataDir, 'golden', String(wanted['source']), String(wanted['version'])),
    async halfMake(of: Claim): Promise<void> {
      await mkdir(path(of), { recursive: true });
      await writeFile(join(path(of), 'half'), '');
    },
    deleteBehindBack: (of: Claim): Promise<void> => rm(path(of), { recursive: true }),
    count: async (of: Claim): Promise<number> => (existsSync(path(of)) ? 1 : 0),
    strangers: {
      plant: async (): Promise<void> => {
        await mkdir(join(root, 'lost+found'), { recursive: true });
      },
      untouched: async (): Promise<boolean> => existsSync(join(root, 'lost+found')),
    },
    troubles: [
      {
        what: 'a dump that is not there',
        remedy: 'fix-setup' as const,
        provoke: async () => {
          await rm(dump);
          return brokenBy({ driver, settle }, claim, spec);
        },
      },
      {
        what: 'a version that is not to be had any more',
        remedy: 'change-input' as const,
        provoke: async () => {
          await writeFile(dump, 'bob\n');
          return brokenBy({ driver, settle }, aClaim({ role: 'data.00000003' }), { ...spec, version: 'abcd' });
        },
      },
      {
        what: 'a spec of another kind',
        remedy: 'report-bug' as const,
        provoke: () => driver.create(aClaim({ role: 'data.00000004' }), { source: 7 }, aCall()),
      },
    ],
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** A hash of all names and contents below a directory. */
export async function treeHash(path: string): Promise<string> {
  const hash = createHash('sha256');
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries.sort((a, b) => (join(a.parentPath, a.name) < join(b.parentPath, b.name) ? -1 : 1))) {
    hash.update(JSON.stringify([entry.parentPath, entry.name]));
    if (entry.isFile()) hash.update(await readFile(join(entry.parentPath, entry.name)));
  }
  return hash.digest('hex');
}
