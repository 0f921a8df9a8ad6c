import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { reviveClone } from '../../kit/clone/make-clone.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { orMissing } from '../../kit/path-kind.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import { isThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { FirstStart } from './engines/engine-family.ts';
import { keeperOf, type LiveInstance, type ServersRoom } from './live-instance.ts';
import {
  askedOf,
  clearContainer,
  familyOf,
  freeSharedMemory,
  readyContainer,
  serverCommand,
} from './server-command.ts';
import { type InstanceRecord, instanceFiles, runClaim } from './server-instance.ts';
import { untilServing } from './until-serving.ts';

/** There, in the run's folder, from the moment when the server served. */
const upFile = (room: ServersRoom, id: string): string => join(room.runs.directory(runClaim(id)), 'up');
const startLimitMs = 180_000;
const lines = 40;

/** Starts the server and answers when it serves. `first`: over a fresh clone, letting nobody in but its keeper. */
export async function startServer(room: ServersRoom, one: LiveInstance, first: boolean): Promise<void> {
  const { record, folder } = one;
  const { data, conf, temporary } = instanceFiles(folder);
  await one.held;
  if (one.phase === 'leaving') throw new Error('it is being taken away');
  one.serving = new AbortController();
  const golden = { serverVersion: record.serverVersion, database: record.database, superuser: record.superuser };
  const keeper = keeperOf(room, record, AbortSignal.any([one.serving.signal, room.closed.signal]));
  await clearRun(room, record);
  await readyContainer(record, room.instance);
  await reviveClone({ from: join(record.golden, 'data'), folder, method: record.method });
  // Sockets and locks of a killed server: nothing of it runs any more.
  await rm(record.run, { recursive: true, force: true });
  await dropLock(one);
  for (const [path, mode] of [
    [conf, 0o700],
    [temporary, 0o700],
    [record.run, 0o711],
  ] as const) {
    await mkdir(path, { recursive: true, mode });
    if (process.getuid?.() === 0) await chown(path, record.uid, record.gid);
  }
  const family = familyOf(record.shape.engine);
  const asked = askedOf(folder, record);
  const write = (files: Readonly<Record<string, string>>): Promise<void> => writeConf(conf, files, record);
  await write(family.filesOf(asked, first, keeper.password, golden));
  const { id, port } = record;
  const argv = serverCommand(folder, record, room.instance);
  const env = childEnvironment({ env: { ...dockerEnvironment(), MALLOC_ARENA_MAX: '1' }, secrets: {} });
  await room.runs.start({ claim: runClaim(id), spec: { folder }, argv, cwd: data, env, port });
  const version = await served(room, one, first ? golden : undefined);
  // Of an image that began empty nobody knows it before.
  if (record.serverVersion === '') one.record = { ...record, serverVersion: version.replace(/-.*/, '') };
  if (!first) return;
  await family.lockDown(keeper, { golden, asked, write });
  await write(family.filesOf(asked, false, keeper.password, golden));
  // A server may take its new rules of access a moment after it was told of them.
  await served(room, one);
}

/** Waits until a server that runs serves, and notes that it did. */
export async function served(room: ServersRoom, one: LiveInstance, first?: FirstStart): Promise<string> {
  const { record } = one;
  const family = familyOf(record.shape.engine);
  const limit = new AbortController();
  const tooLong = new WizardError(`starting a database server: it does not serve after ${startLimitMs / 1000} s`, {
    code: 'database/start-timeout',
    remedy: 'try-again',
  });
  const cancel = room.clock.after(startLimitMs, () => limit.abort(tooLong));
  const signal = AbortSignal.any([one.serving.signal, room.closed.signal, limit.signal]);
  const socket = family.socketOf(record.run, record.port);
  const keeper = keeperOf(room, record, signal);
  const attempt = (): Promise<string> => family.greet(keeper, first);
  const about = {
    run: record.run,
    socket: record.shape.engine === 'postgres' ? join(socket, `.s.PGSQL.${record.port}`) : socket,
  };
  try {
    const version = await untilServing({ ...about, attempt, isNotYet: family.isNotYet, clock: room.clock, signal });
    await writeWhole(upFile(room, record.id), '');
    return version;
  } finally {
    cancel();
  }
}

/** Before it is told to end: a life after this one must not take it for one that serves. */
export const noteLeaving = (room: ServersRoom, id: string): Promise<void> => rm(upFile(room, id), { force: true });

export const wasUp = (room: ServersRoom, id: string): Promise<boolean> => isThere(upFile(room, id));

/** What an ended server says of itself; `undefined` while it runs. */
export async function howItEnded(
  room: ServersRoom,
  id: string,
): Promise<{ note: string; lastLines: string[] } | undefined> {
  const view = await room.runs.look(runClaim(id));
  if (view.is === 'running' || view.is === 'preparing') return undefined;
  const note = view.is === 'over' ? `its server ${describeEnd(view.end)}` : 'its server is not there';
  return { note, lastLines: await room.runs.lastLines(runClaim(id), lines) };
}

/** Ends the server, its data in order, and answers when nothing of it runs. */
export async function stopServer(room: ServersRoom, one: LiveInstance, graceMs: number): Promise<void> {
  const { stopSignal } = familyOf(one.record.shape.engine);
  if (graceMs > 0) await signalServer(room, one.record.id, stopSignal);
  await endRun(room, one.record, graceMs);
}

/** Ends the server at once: its data is thrown away. */
export async function killServer(room: ServersRoom, one: LiveInstance): Promise<void> {
  const { record } = one;
  const { quitSignal } = familyOf(record.shape.engine);
  await clearContainer(record, room.instance);
  const told = quitSignal !== undefined && (await signalServer(room, record.id, quitSignal));
  await endRun(room, record, told ? quitGraceMs : 0);
  await dropLock(one);
}

/** What a killed PostgreSQL leaves in its data: its process may not be reaped yet, and then another would not start. */
async function dropLock({ record, folder }: LiveInstance): Promise<void> {
  if (record.shape.engine !== 'postgres') return;
  const lock = join(instanceFiles(folder).data, 'postmaster.pid');
  await freeSharedMemory(await orMissing(readFile(lock, 'utf8')));
  await rm(lock, { force: true });
}

const quitGraceMs = 2000;

/** To the server's own process and those that it started in its group. False: it does not run. */
export async function signalServer(room: ServersRoom, id: string, signal: NodeJS.Signals): Promise<boolean> {
  const view = await room.runs.look(runClaim(id));
  if (view.is !== 'running') return false;
  try {
    process.kill(-view.pid, signal);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    return false;
  }
}

/** What is left of an earlier run: a folder with its log, or a container that outlived its command. */
async function clearRun(room: ServersRoom, record: InstanceRecord): Promise<void> {
  await clearContainer(record, room.instance);
  await endRun(room, record, 0);
}

async function endRun(room: ServersRoom, { id }: InstanceRecord, graceMs: number): Promise<void> {
  const claim = runClaim(id);
  if ((await room.runs.look(claim)).is === 'absent') return;
  await room.runs.end(claim, { graceMs, remove: true });
  while ((await room.runs.look(claim)).is !== 'absent') {
    room.closed.signal.throwIfAborted();
    await pause(room.clock, 3);
  }
}

async function writeConf(
  conf: string,
  files: Readonly<Record<string, string>>,
  { uid, gid }: InstanceRecord,
): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    const part = join(conf, `${name}.part`);
    await writeFile(part, text, { mode: 0o600 });
    if (process.getuid?.() === 0) await chown(part, uid, gid);
    // A server that was told to read it anew reads the old or the new one, never one that is being written.
    await rename(part, join(conf, name));
  }
}
