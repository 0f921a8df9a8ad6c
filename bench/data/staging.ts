import { chown, mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { makeDataFolder } from '../../src/kit/clone/subvolumes.ts';
import { type GoldenLock, writeLock } from '../../src/kit/golden/golden-lock.ts';
import type { GoldenManifest } from '../../src/kit/golden/golden-manifest.ts';
import { runCommand } from '../../src/kit/run-command.ts';
import type { BenchEngine } from './asked.ts';
import type { Ground } from './ground.ts';
import { database, type PrivateRoom, runWith, withRoom } from './private-room.ts';
import { makings, type TableMaking } from './tables.ts';

/** Staging data of one size: a golden copy of it, and dumps where somebody imports them. */
export interface Staging {
  readonly engine: BenchEngine;
  readonly megabytes: number;
  readonly source: string;
  readonly version: string;
  readonly serverVersion: string;
  /** Of the golden copy's files. */
  readonly bytes: number;
  readonly dumpBytes: number;
  /** One file of SQL. */
  readonly dump: string;
  /** A folder for several tables at once. */
  readonly tables: string;
}

export interface StagingAbout {
  readonly engine: BenchEngine;
  readonly megabytes: number;
  readonly withDumps: boolean;
  /** Whether a golden copy is wanted on the machine's own disk, too. */
  readonly withPlain: boolean;
}

const hourMs = 60 * 60_000;
const version = '20260101T000000Z';

/** Has a server make the data, dumps it, stops it in good order, and puts its files where drivers look for golden copies. */
export const makeStaging = (ground: Ground, about: StagingAbout): Promise<Staging> =>
  withRoom(ground, about.engine, join(ground.work, 'staging'), async (one) => {
    const { engine, megabytes } = about;
    const { family, room } = one;
    const source = `${engine}-${megabytes}`;
    const dump = join(ground.work, `${source}.sql`);
    const tables = join(ground.work, `${source}.tables`);
    await family.initialise(room);
    const server = await family.start(room, 'load');
    const session = await family.session(room);
    await family.createDatabase(session, database);
    await session.close();
    await fillTables(one, makings(engine, megabytes));
    const inside = await family.session(room, database);
    await family.settle(inside, database);
    await inside.close();
    if (about.withDumps) await dumpAll(one, engine, { dump, tables });
    await server.stop();
    const last = await family.start(room, 'last');
    const lock = await family.lock?.(room, database);
    await last.stop();
    await family.trim(room);
    const manifest: GoldenManifest = {
      ...{ source, version, engine, serverVersion: room.programs.version, database, schemaHash: '', origin: 'made' },
      ...{ madeAt: Date.now(), tookMs: 0, bytes: await bytesOf(room.folder.data), masked: true, superuser: 'postgres' },
    };
    for (const dataDir of [ground.pool, ...(about.withPlain ? [ground.plain] : [])])
      await publish(join(dataDir, 'golden-databases'), room.folder.data, { manifest, lock }, ground.signal);
    const dumpBytes = about.withDumps ? (await stat(dump)).size : 0;
    return {
      ...{ engine, megabytes, source, version, dump, tables, dumpBytes },
      bytes: manifest.bytes,
      serverVersion: manifest.serverVersion,
    };
  });

/** Two tables at once, the largest first. */
async function fillTables({ family, room }: PrivateRoom, all: readonly TableMaking[]): Promise<void> {
  const creating = await family.session(room, database);
  for (const { create } of all) await creating.query(create);
  await creating.close();
  const waiting = [...all];
  const work = async (): Promise<void> => {
    const session = await family.session(room, database);
    for (let table = waiting.pop(); table; table = waiting.pop())
      for (const statement of [table.fill, ...table.after]) await session.query(statement);
    await session.close();
  };
  await Promise.all([work(), work()]);
}

async function dumpAll(
  { room }: PrivateRoom,
  engine: BenchEngine,
  { dump, tables }: Pick<Staging, 'dump' | 'tables'>,
): Promise<void> {
  const { programs, folder, signal } = room;
  const call = (program: string, words: readonly string[]) => programs.call(program, words, { as: 'us' });
  if (engine === 'postgres') {
    const who = ['--host', folder.run, '--port=5432', '--username=postgres', database];
    await runWith(call('pg_dump', [`--file=${dump}`, ...who]), 'dumping', signal);
    await runWith(call('pg_dump', ['--format=directory', '--jobs=2', `--file=${tables}`, ...who]), 'dumping', signal);
    return;
  }
  const who = ['--no-defaults', `--socket=${folder.run}/s`, '--user=root', '--quick'];
  await runWith(
    call('mariadb-dump', [...who, '--single-transaction', `--result-file=${dump}`, database]),
    'dumping',
    signal,
  );
  await mkdir(tables, { mode: 0o711 });
  await chown(tables, programs.owner.uid, programs.owner.gid);
  await runWith(call('mariadb-dump', [...who, `--tab=${tables}`, database]), 'dumping', signal);
}

/** Written once from beginning to end, as a bake does. */
async function publish(
  root: string,
  from: string,
  { manifest, lock }: { readonly manifest: GoldenManifest; readonly lock: GoldenLock | undefined },
  signal: AbortSignal,
): Promise<void> {
  const folder = join(root, manifest.source, manifest.version);
  const data = join(folder, 'data');
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await makeDataFolder(data);
  const about = { timeLimitMs: hourMs, signal };
  await runCommand(['cp', '-a', '--reflink=never', '--', `${from}/.`, data], {
    ...about,
    doing: 'copying golden data',
  });
  await runCommand(['sync', '--file-system', '--', data], about);
  if (lock) await writeLock(folder, lock);
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(manifest));
}

async function bytesOf(folder: string): Promise<number> {
  const { stdout } = await runCommand(['du', '-s', '-B1', '--', folder], { timeLimitMs: hourMs });
  return Number.parseInt(stdout, 10);
}
