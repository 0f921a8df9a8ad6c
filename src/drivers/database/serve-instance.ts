import { chownSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import { reviveClone } from '../../kit/clone/make-clone.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { orMissing } from '../../kit/path-kind.ts';
import type { Secret } from '../../kit/secret.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import { isThere, writeWhole } from '../../kit/supervised-run/run-files.ts';
import type { Account, Door, FirstStart } from './engines/engine-family.ts';
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

/** How the first start over a fresh clone goes. */
export interface FirstAsked {
  /** The keeper's password where a bake has locked the data. */
  readonly locked: Secret | undefined;
  /** Brings what the server can begin without; called once it begins, and answers when all is there. */
  readonly complete: () => Promise<void>;
  /** Who is let in at once; missing: nobody yet. */
  readonly account: Account | undefined;
}

/** Starts the server and answers when it serves. `first`: over a fresh clone, letting nobody in but its keeper and whom it names. */
export async function startServer(room: ServersRoom, one: LiveInstance, first?: FirstAsked): Promise<void> {
  const { record, folder } = one;
  const { data, conf, temporary } = instanceFiles(folder);
  await one.held;
  if (one.phase === 'leaving') throw new Error('it is being taken away');
  one.serving = new AbortController();
  const { serverVersion, database, superuser } = record;
  const golden: FirstStart = { serverVersion, database, superuser, locked: first?.locked };
  const signal = AbortSignal.any([one.serving.signal, room.closed.signal]);
  const keeper = keeperOf(room, record, signal);
  if (!first) await clearRemains(room, one);
  await readyContainer(record, room.instance, signal);
  for (const [path, mode] of [
    [conf, 0o700],
    [temporary, 0o700],
    [record.run, 0o711],
  ] as const) {
    mkdirSync(path, { recursive: true, mode });
    if (process.getuid?.() === 0) chownSync(path, record.uid, record.gid);
  }
  const family = familyOf(record.shape.engine);
  const asked = askedOf(folder, record);
  const write = (files: Readonly<Record<string, string>>): void => writeConf(conf, files, record);
  write(family.filesOf(asked, first !== undefined, keeper.password, golden));
  const { id, port } = record;
  const argv = serverCommand(folder, record, room.instance);
  const env = childEnvironment({ env: { ...dockerEnvironment(), MALLOC_ARENA_MAX: '1' }, secrets: {} });
  signal.throwIfAborted();
  await room.runs.start({ claim: runClaim(id), spec: { folder }, argv, cwd: data, env, port });
  // While it begins.
  await first?.complete();
  let door = await enter(room, one, first && golden);
  try {
    // Of an image that began empty nobody knows it before.
    if (serverVersion === '') one.record = { ...record, serverVersion: door.version.replace(/-.*/, '') };
    if (!first) return;
    const next = await door.lockDown({ golden, password: keeper.password, asked, write });
    write(family.filesOf(asked, false, keeper.password, golden));
    if (next === 'again') {
      door.close();
      // A server may take its new rules of access a moment after it was told of them.
      door = await enter(room, one);
    }
    if (first.account) await door.admit(first.account);
  } finally {
    door.close();
  }
}

/** Waits until a server that runs serves. */
export async function served(room: ServersRoom, one: LiveInstance): Promise<void> {
  (await enter(room, one)).close();
}

/** Waits until a server that runs serves, and notes that it did. */
async function enter(room: ServersRoom, one: LiveInstance, first?: FirstStart): Promise<Door> {
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
  const attempt = (): Promise<Door> => family.enter(keeper, first);
  const about = {
    run: record.run,
    socket: record.shape.engine === 'postgres' ? join(socket, `.s.PGSQL.${record.port}`) : socket,
  };
  try {
    const door = await untilServing({ ...about, attempt, isNotYet: family.isNotYet, clock: room.clock, signal });
    await writeWhole(upFile(room, record.id), '');
    return door;
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

/** Ends the server, its data in order, and answers when nothing of it runs. A start under way is over first: its server could come after we looked. */
export async function stopServer(room: ServersRoom, one: LiveInstance, graceMs: number): Promise<void> {
  await one.starting;
  const { stopSignal } = familyOf(one.record.shape.engine);
  if (graceMs > 0) await signalServer(room, one.record.id, stopSignal);
  await endRun(room, one.record, graceMs);
}

/** Ends the server at once, as `stopServer`: its data is thrown away. */
export async function killServer(room: ServersRoom, one: LiveInstance): Promise<void> {
  await one.starting;
  const { record } = one;
  const { quitSignal } = familyOf(record.shape.engine);
  await clearContainer(record, room.instance);
  const told = quitSignal !== undefined && (await signalServer(room, record.id, quitSignal));
  await endRun(room, record, told ? quitGraceMs : 0);
  // One that was just being made may have come after all.
  await clearContainer(record, room.instance);
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

/** Sockets and locks of a server that ended, of which nothing runs any more; and a clone that a restart of the machine took down. */
async function clearRemains(room: ServersRoom, one: LiveInstance): Promise<void> {
  const { record, folder } = one;
  await clearRun(room, record);
  await reviveClone({ from: join(record.golden, 'data'), folder, method: record.method });
  await rm(record.run, { recursive: true, force: true });
  await dropLock(one);
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

/** At once: for files as small a turn in the thread pool takes longer than the work. */
function writeConf(conf: string, files: Readonly<Record<string, string>>, { uid, gid }: InstanceRecord): void {
  for (const [name, text] of Object.entries(files)) {
    const part = join(conf, `${name}.part`);
    writeFileSync(part, text, { mode: 0o600 });
    if (process.getuid?.() === 0) chownSync(part, uid, gid);
    // A server that was told to read it anew reads the old or the new one, never one that is being written.
    renameSync(part, join(conf, name));
  }
}
