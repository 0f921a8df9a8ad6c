import { chmod, mkdir, realpath, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { makeDataFolder } from '../../kit/clone/subvolumes.ts';
import { closedFolder, openFolderHint, type SystemOwner } from '../../kit/closed-folder.ts';
import { type GoldenLock, writeLock } from '../../kit/golden/golden-lock.ts';
import type { GoldenManifest } from '../../kit/golden/golden-manifest.ts';
import { removeTree } from '../../kit/remove-tree.ts';
import { runCommand } from '../../kit/run-command.ts';
import { syncDirectory, writeWhole } from '../../kit/write-whole.ts';
import type { Clock } from '../../ports/clock.ts';
import type { BakeCall, BakedImage } from '../../ports/data-bakes.ts';
import { type BakingFolder, makeBakingFolder } from './baking-folder.ts';
import type { BakeRoom, EngineFamily } from './engine-family.ts';
import { familyOf } from './families.ts';
import { type Filled, fill } from './fill.ts';
import { type GoldenSource, originText } from './golden-source.ts';
import { loadAnew } from './mysql/mysql-anew.ts';
import { findPrograms } from './programs.ts';
import { type Proof, prove, stillThere } from './prove.ts';
import { changedFiles, rememberFiles } from './untouched.ts';

export interface BakeGoldenAbout {
  readonly name: string;
  readonly stamp: string;
  readonly version: string | undefined;
  readonly source: GoldenSource;
  readonly root: string;
  /** Empty: nothing of an earlier try is in it. */
  readonly folder: BakingFolder;
  readonly mark: string;
  readonly clock: Clock;
  readonly call: BakeCall;
}

const hoursMs = 24 * 60 * 60_000;

/** One bake from an empty folder to a copy that everybody sees. What it leaves when it throws is for the caller to take away. */
export async function bakeGolden(about: BakeGoldenAbout): Promise<BakedImage> {
  const { name, stamp, source, root, folder, clock, call } = about;
  const { signal, doing } = call;
  const startedAt = clock.monotonic();
  await mkdir(folder.path, { recursive: true, mode: 0o711 });
  const { engine, container } = source;
  const programs = await findPrograms({ engine, container, folder, mark: about.mark, signal });
  await makeBakingFolder(folder, programs.owner);
  await mustEnter(folder, programs.owner);
  const family = familyOf(engine);
  const room: BakeRoom = { folder, programs, clock, signal };
  doing(`making an empty server of ${engine} ${programs.version}`);
  await family.initialise(room);
  const pristine = await rememberFiles(folder.data);
  const filled = await fill({ name, source, family, room, call });
  const { bytes, lock } = await masked(about, family, room, filled, pristine);
  await tryStart(family, room, filled.database, call);
  const manifest: GoldenManifest = {
    source: name,
    version: about.version ?? `${stamp}-${filled.schemaHash.slice(0, 8)}`,
    engine,
    serverVersion: programs.version,
    madeAt: clock.now(),
    tookMs: Math.round(clock.monotonic() - startedAt),
    bytes,
    masked: source.masked || filled.rulesComplete,
    database: filled.database,
    ...(engine === 'postgres' ? { superuser: 'postgres' } : {}),
    schemaHash: filled.schemaHash,
    origin: originText(source.from),
  };
  signal.throwIfAborted();
  await publish(root, folder, manifest, lock);
  return { version: manifest.version, bytes };
}

/** Once more started and stopped, with the log files that clones want, and locked; then what belongs to this one server goes. */
async function settleLogs(family: EngineFamily, room: BakeRoom, database: string): Promise<GoldenLock | undefined> {
  const server = await family.start(room, 'last');
  const lock = await family.lock?.(room, database);
  await server.stop();
  await family.trim(room);
  return lock;
}

/** Written once from beginning to end, its files lie in few pieces, which makes each clone quicker. */
async function copyData({ folder, programs, signal }: BakeRoom, { doing }: BakeCall): Promise<number> {
  const data = join(folder.golden, 'data');
  const about = { signal, timeLimitMs: hoursMs };
  const { stdout } = await runCommand(['du', '-sb', '--', folder.data], about);
  const bytes = Number.parseInt(stdout, 10);
  doing(`copying ${(bytes / 1e6).toFixed(0)} MB to where they stay`);
  await mkdir(folder.golden, { mode: 0o755 });
  await makeDataFolder(data);
  const copy = ['cp', '-a', '--reflink=never', '--', `${folder.data}/.`, data];
  await runCommand(copy, { ...about, doing: 'copying the golden data' });
  if (process.getuid?.() === 0)
    await runCommand(['chown', '--', `${programs.owner.uid}:${programs.owner.gid}`, data], about);
  await chmod(data, 0o700);
  return bytes;
}

/** Puts the stopped server's data where it stays, and proves that nothing from before masking is in it. */
async function masked(
  about: BakeGoldenAbout,
  family: EngineFamily,
  room: BakeRoom,
  filled: Filled,
  pristine: ReadonlyMap<string, number>,
): Promise<{ readonly bytes: number; readonly lock: GoldenLock | undefined }> {
  let before = pristine;
  const { name, source, call, folder } = about;
  for (let isAnew = false; ; isAnew = true) {
    const lock = await settleLogs(family, room, filled.database);
    const bytes = await copyData(room, call);
    const proof = await proofOf(about, filled, before);
    if (proof === undefined || proof.found.length === 0) return { bytes, lock };
    if (isAnew || source.engine === 'postgres' || proof.inTables) throw stillThere(name, proof);
    call.doing('values from before masking are left in logs of the server: loading the masked data into a new one');
    await removeTree(folder.golden);
    before = await loadAnew(family, room, filled.database, source.engine === 'mariadb', call);
  }
}

async function proofOf(
  { folder, call }: BakeGoldenAbout,
  filled: Filled,
  before: ReadonlyMap<string, number>,
): Promise<Proof | undefined> {
  const { wanted, masked, tableOf } = filled;
  if (masked.length === 0 && wanted.length === 0) return undefined;
  call.doing(`searching all files for ${wanted.length} values from before masking`);
  const data = join(folder.golden, 'data');
  const files = await changedFiles(data, before);
  const proof = await prove({ data, files, wanted, columns: masked, tableOf, signal: call.signal });
  if (proof.found.length === 0)
    call.write(`none of ${proof.values} values of ${proof.columns} columns is in any file\n`);
  if (proof.unproven.length > 0)
    call.write(`not looked for, since they hold numbers or short words only: ${proof.unproven.join(', ')}\n`);
  return proof;
}

/** On what was copied, since a server would write to the copy: it starts from it and finds every table. */
async function tryStart(family: EngineFamily, room: BakeRoom, database: string, { doing }: BakeCall): Promise<void> {
  doing('starting a server on it once, to see that it does');
  const server = await family.start(room, 'last');
  const session = await family.session(room, database);
  try {
    for (const table of await family.tables(session))
      await session.query(`SELECT 1 FROM ${family.quoted(table)} LIMIT 1`);
  } finally {
    await session.close();
  }
  await server.kill();
}

/** Everything is on the disk before the copy gets its name, in one step. */
async function publish(
  root: string,
  { golden }: BakingFolder,
  manifest: GoldenManifest,
  lock: GoldenLock | undefined,
): Promise<void> {
  const parent = join(root, manifest.source);
  await mkdir(parent, { recursive: true });
  if (lock) await writeLock(golden, lock);
  await writeWhole(join(golden, 'manifest.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await runCommand(['sync', '--file-system', '--', golden], { timeLimitMs: hoursMs });
  await rename(golden, join(parent, manifest.version));
  await syncDirectory(parent);
}

/** The server's user must be able to walk to its data. */
async function mustEnter({ data, path }: BakingFolder, owner: SystemOwner): Promise<void> {
  const closed = await closedFolder(dirname(await realpath(data)), owner);
  if (closed === undefined) return;
  throw new WizardError(`making a database below ${path}: its server's user may not enter ${closed}`, {
    code: 'golden/closed-folder',
    remedy: 'fix-setup',
    hint: openFolderHint(closed),
  });
}
