import assert from 'node:assert/strict';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName } from '../src/domain/claim.ts';
import type { JsonObject } from '../src/domain/json.ts';
import { type DatabaseDriver, type DatabaseOptions, databaseDriver } from '../src/drivers/database/database-driver.ts';
import { systemClock } from '../src/kit/clock.ts';
import { dropNetwork } from '../src/kit/containers/private-network.ts';
import { serviceSecrets } from '../src/kit/service-secrets.ts';
import { type ProcessStat, scanProcesses } from '../src/kit/supervised-run/process-table.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall, aClaim } from './builders.ts';
import { settleInRealTime } from './conformance/settle.ts';
import { type GoldenEngine, makeGolden } from './golden-database.ts';
import type { PoolDisk } from './pool-disk.ts';
import { silentLog } from './silent-log.ts';

export const secretKey = 'the key of the test';
const secrets = serviceSecrets({}, Buffer.from(secretKey));
export const goldenVersion = '20260101T000000Z';
let worlds = 0;

export interface DatabaseWorldAbout {
  readonly engine: GoldenEngine;
  readonly disk: PoolDisk;
  /** An image of the same server; missing: the programs of this machine. */
  readonly container?: string;
  /** Size of a disk in memory for the data; missing: it lies on the disk. */
  readonly memoryDiskMb?: number;
  readonly options?: Partial<DatabaseOptions>;
}

/** A data directory on the given disk with a real golden copy, and a driver over it. */
export async function databaseWorld(about: DatabaseWorldAbout) {
  const { engine, disk, container, memoryDiskMb, options: extra = {} } = about;
  worlds += 1;
  const instance = `w${process.pid}-${worlds}`;
  const dataDir = join(disk.path, instance);
  await mkdir(dataDir, { mode: 0o711 });
  const golden = join(dataDir, 'golden-databases');
  const goldenFolder = await makeGolden({ engine, root: golden, version: goldenVersion });
  const changes: string[] = [];
  const log = silentLog();
  const options: DatabaseOptions = {
    dataDir,
    instance,
    secrets,
    shared: { changed: ({ environment, role }) => void changes.push(`${environment} ${role}`) },
    clock: systemClock,
    log,
    spares: 0,
    ...extra,
  };
  const opened: DatabaseDriver[] = [];
  const open = (over: Partial<DatabaseOptions> = {}): DatabaseDriver => {
    const driver = databaseDriver({ ...options, ...over });
    opened.push(driver);
    return driver;
  };
  const spec = (claim: Claim): JsonObject => ({
    engine,
    source: 'staging',
    version: goldenVersion,
    edition: 0,
    database: 'app',
    user: 'app',
    memoryMb: 16,
    settings: {},
    ...(container === undefined ? {} : { container }),
    ...(memoryDiskMb === undefined ? {} : { memoryDiskMb }),
    password: { secret: `service.${claim.environment}.db` },
  });
  const claim = aClaim({ role: 'db.3f9a2c1d' });
  const driver = open();
  const settle = settleInRealTime(60_000);
  const current = (): DatabaseDriver => opened.at(-1) ?? driver;
  const until = async (
    is: Observation['is'],
    of: Claim = claim,
    wanted: JsonObject = spec(of),
  ): Promise<Observation> => {
    let seen: Observation = { is: 'absent' };
    await settle(async () => {
      seen = await current().observe(of, wanted, aCall());
      if (seen.is === 'broken' && is !== 'broken') assert.fail(`broken: ${seen.note} ${seen.lastLines?.join('\n')}`);
      return seen.is === is;
    });
    return seen;
  };
  const processes = (): Promise<ProcessStat[]> =>
    scanProcesses((stat, environment) => (environment().includes(`WIZARD_INSTANCE=${instance}`) ? stat : undefined));
  const clones = async (): Promise<string[]> => {
    try {
      return (await readdir(join(dataDir, 'database-clones', instance))).filter((name) => !name.startsWith('.gone-'));
    } catch {
      return [];
    }
  };
  return {
    engine,
    dataDir,
    golden,
    goldenFolder,
    instance,
    options,
    changes,
    /** What was logged as wrong, for the message of an assertion. */
    warnings: () => JSON.stringify(log.lines.filter(({ level }) => level === 'warn' || level === 'error')),
    driver,
    current,
    claim,
    spec,
    settle,
    until,
    processes,
    clones,
    claimFolder: (of: Claim): string => join(dataDir, 'databases', claimName(of)),
    passwordOf: (of: Claim): string => secrets[`service.${of.environment}.db`]?.reveal() ?? '',
    async reopen(over: Partial<DatabaseOptions> = {}): Promise<DatabaseDriver> {
      await current().close();
      return open(over);
    },
    /** Made, with its facts. */
    async made(of: Claim = claim, wanted: JsonObject = spec(of)): Promise<JsonObject> {
      await current().create(of, wanted, aCall());
      const seen = await until('ready', of, wanted);
      return seen.is === 'ready' ? seen.facts : {};
    },
    /** Each that runs now; one that is just being started may be missed. */
    async killOnce(): Promise<void> {
      for (const { pid } of await processes()) {
        try {
          process.kill(pid, 'SIGKILL');
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
        }
      }
    },
    async killAll(): Promise<void> {
      await settle(async () => {
        await this.killOnce();
        return (await processes()).length === 0;
      });
    },
    async close(): Promise<void> {
      for (const one of opened) await one.close();
      await this.killAll();
      // What is laid over golden copies has to be taken down before it can be deleted.
      const last = databaseDriver({ ...options, spares: 0 });
      for await (const left of last.owned(aCall())) await last.destroy(left, aCall());
      await settleInRealTime(30_000)(async () => (await Array.fromAsync(last.owned(aCall()))).length === 0).catch(
        (cause: unknown) => assert.fail(`${String(cause)}; logged: ${this.warnings()}`),
      );
      await last.close();
      await dropNetwork(instance);
      await rm(dataDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

export type DatabaseWorld = Awaited<ReturnType<typeof databaseWorld>>;
