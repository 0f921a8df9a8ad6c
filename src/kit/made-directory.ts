import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../domain/claim.ts';
import type { JsonObject } from '../domain/json.ts';
import { codeOf, describeError, type Remedy } from '../domain/wizard-error.ts';
import type { Call, Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { DriverShared, Observation } from '../ports/resource-driver.ts';
import { type DirectoryTrash, directoryTrash } from './directory-trash.ts';
import type { DiskGuard } from './disk-guard.ts';
import { type DiskWaits, diskWaits } from './disk-waits.ts';
import { type DoneMarkers, differences, doneMarkers } from './done-marker.ts';
import { type Make, type MakingTask, makingTask } from './making-task.ts';
import { type OneAtATime, once, oneAtATime, unlessAborted } from './one-at-a-time.ts';
import { pathKind } from './path-kind.ts';
import { unfinishedPrefix } from './write-whole.ts';

export interface MadeDirectoriesOptions {
  /** Holds nothing but these directories and their markers. */
  readonly root: string;
  /** For people: `the checkout`. */
  readonly what: string;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
  /** Missing: the disk is never asked. */
  readonly disk?: DiskGuard | undefined;
}

/** The four questions of a driver whose resource is a directory; see `madeDirectories`. */
export interface MadeDirectories {
  begin(claim: Claim, spec: JsonObject, make: Make, call: Call): Promise<void>;
  observe(claim: Claim, spec: JsonObject, call: Call): Promise<Observation>;
  remove(claim: Claim, call: Call): Promise<void>;
  owned(call: Call): AsyncIterable<Claim>;
  /** Specs of what is there whole and of what is on its way. */
  specs(): Promise<readonly JsonObject[]>;
  /** Stops what is on its way and waits for what is being deleted. */
  close(): Promise<void>;
}

/** What is known of the directories of one root. */
interface Room {
  readonly options: MadeDirectoriesOptions;
  readonly tasks: Map<string, MakingTask>;
  readonly endings: Map<string, Promise<void>>;
  /** Why a removal could not even begin. */
  readonly stuck: Map<string, string>;
  readonly markers: DoneMarkers;
  readonly trash: DirectoryTrash;
  readonly inTurn: OneAtATime;
  /** Those that a full disk ended: what was made of them is gone, and they count as broken until there is room. */
  readonly waits: DiskWaits;
  /** Counts what we did ourselves, so that a look at the disk that was overtaken by it is taken again. */
  turn: number;
  readonly changed: (name: string) => void;
}

/**
 * Directories `ROOT/CLAIM/`, each made by a task in the background. The marker `ROOT/CLAIM.done` is written last and outside of the
 * tree: with it the directory is whole; without it, and with nobody at work, it is half and broken. A directory is renamed away before
 * it is deleted. After every end of a task or a removal `shared.changed` is called.
 */
export function madeDirectories(options: MadeDirectoriesOptions): MadeDirectories {
  const room = emptyRoom(options);
  const { tasks, endings, markers, trash, inTurn } = room;
  const opened = opener(room);
  return {
    async begin(claim, spec, make, call) {
      await opened(call);
      await inTurn(claimName(claim), call.signal, () => start(room, claimName(claim), { spec, make }));
    },
    async observe(claim, spec, call) {
      await opened(call);
      for (let before = -1, seen: Observation = { is: 'absent' }; ; ) {
        if (before === room.turn) return seen;
        call.signal.throwIfAborted();
        before = room.turn;
        seen = await look(room, claimName(claim), spec);
      }
    },
    async remove(claim, call) {
      await opened(call);
      const wasAtWork = tasks.has(claimName(claim));
      const ending = beginEnd(room, claimName(claim));
      if (!wasAtWork) await unlessAborted(ending, call.signal);
    },
    async *owned(call) {
      await opened(call);
      await trash.sweep();
      const onDisk = await markers.sweep((name) => tasks.has(name));
      for (const name of new Set([...onDisk, ...tasks.keys(), ...endings.keys(), ...trash.names()])) {
        const claim = parseClaim(name);
        if (claim) yield claim;
      }
    },
    async specs() {
      const onTheirWay = [...tasks.values()].map((task) => task.spec);
      return [...onTheirWay, ...(await markers.specs())];
    },
    async close() {
      for (const task of tasks.values()) task.stop();
      await Promise.all([...tasks.values()].map((task) => task.ended));
      await Promise.all(endings.values());
      await trash.idle();
    },
  };
}

function emptyRoom(options: MadeDirectoriesOptions): Room {
  const { root, log, clock, shared } = options;
  const changed = (name: string): void => {
    room.turn += 1;
    const claim = parseClaim(name);
    if (claim) shared.changed({ environment: claim.environment, role: claim.role });
  };
  const room: Room = {
    options,
    tasks: new Map(),
    endings: new Map(),
    stuck: new Map(),
    markers: doneMarkers(root, clock),
    trash: directoryTrash(root, { log, gone: changed }),
    inTurn: oneAtATime(),
    waits: diskWaits(clock),
    turn: 0,
    changed,
  };
  joinDisk(room);
  return room;
}

/** On a full disk all that is being made is given up; when there is room again it is seen as absent, and so made anew. */
function joinDisk({ options, tasks, waits, changed }: Room): void {
  const working = (): MakingTask[] => [...tasks.values()].filter((task) => task.state() === 'working');
  options.disk?.join({
    isBusy: () => working().length > 0,
    async stop() {
      const stopped = working();
      for (const task of stopped) task.stop();
      await Promise.all(stopped.map((task) => task.ended));
    },
    goOn(free) {
      for (const name of waits.due(free)) {
        if (tasks.get(name)?.state() === 'failed') tasks.delete(name);
        changed(name);
      }
    },
  });
}

/** Makes the root and goes on with what a kill interrupted; once, at the first call that succeeds. */
function opener(room: Room): (call: Call) => Promise<void> {
  const { root } = room.options;
  const open = once(async (): Promise<void> => {
    await mkdir(root, { recursive: true });
    for (const entry of await readdir(root))
      if (entry.startsWith(unfinishedPrefix)) await rm(join(root, entry), { force: true });
    await room.trash.sweep();
  });
  return async (call) => {
    call.signal.throwIfAborted();
    await open();
  };
}

async function start(room: Room, name: string, { spec, make }: { spec: JsonObject; make: Make }): Promise<void> {
  const { tasks, markers, trash, options } = room;
  const path = join(options.root, name);
  const before = tasks.get(name)?.state();
  if (before === 'working') return;
  if (before !== 'failed' && (await pathKind(path)) === 'directory' && (await markers.read(name))) return;
  const free = await needRoom(room, name);
  await markers.remove(name);
  await trash.throwAway(name);
  await mkdir(path);
  const isMine = await markers.identity(name);
  const mark = async (facts: JsonObject): Promise<void> => {
    // Written only for the directory that this task made, should somebody have put another in its place.
    if ((await markers.identity(name)) === isMine) await markers.write(name, { spec, facts });
  };
  const ended = async (error: unknown): Promise<void> => {
    if (tasks.get(name)?.state() === 'done') {
      tasks.delete(name);
      room.waits.worked(name);
    } else if (codeOf(error) === 'disk/full') {
      room.waits.add(name, { note: describeError(error), free });
      await discard(room, name);
    }
    room.changed(name);
  };
  const since = options.clock.now();
  const why = async (error: unknown): Promise<unknown> =>
    options.disk?.whyFailed(error, { doing: `making ${options.what}`, since }) ?? error;
  tasks.set(name, makingTask({ path, spec, make, mark, why, ended, log: options.log, what: options.what }));
  room.turn += 1;
}

/** What a full disk left half made only takes room. */
async function discard({ trash, options }: Room, name: string): Promise<void> {
  try {
    await trash.throwAway(name);
  } catch (error) {
    options.log.error('files.remove', { name, error: describeError(error) });
  }
}

async function needRoom({ options: { disk, what }, changed }: Room, name: string): Promise<number> {
  try {
    return (await disk?.need(`making ${what}`)) ?? 0;
  } catch (error) {
    disk?.whenRoomy(name, () => changed(name));
    throw error;
  }
}

/** Stops what makes it at once, and ends it when its turn comes. The answer never rejects: `look` tells of a failure. */
function beginEnd(room: Room, name: string): Promise<void> {
  room.tasks.get(name)?.stop();
  const known = room.endings.get(name);
  if (known !== undefined) return known;
  const ending = room
    .inTurn(name, new AbortController().signal, () => end(room, name))
    .then(() => {
      room.endings.delete(name);
      room.changed(name);
    });
  room.endings.set(name, ending);
  room.turn += 1;
  return ending;
}

async function end({ tasks, waits, stuck, trash, markers, options }: Room, name: string): Promise<void> {
  try {
    const task = tasks.get(name);
    task?.stop();
    await task?.ended;
    tasks.delete(name);
    waits.drop(name);
    stuck.delete(name);
    await trash.throwAway(name);
    await markers.remove(name);
    if (trash.failureOf(name)) await trash.sweep();
  } catch (error) {
    stuck.set(name, describeError(error));
    options.log.error('files.remove', { name, error: describeError(error) });
  }
}

async function look({ tasks, endings, stuck, trash, markers, options }: Room, name: string, spec: JsonObject) {
  const { root, what } = options;
  const leaving: Observation = { is: 'leaving', note: `${what} is being deleted`, lookAgainMs: 1000 };
  if (endings.has(name)) return leaving;
  const task = tasks.get(name);
  if (task) return task.observation();
  const failure = stuck.get(name) ?? trash.failureOf(name);
  if (failure) return broken(`${what} could not be deleted: ${failure}`, 'fix-setup');
  const kind = await pathKind(join(root, name));
  if (kind === 'missing') return trash.isLeaving(name) ? leaving : absent;
  const marker = kind === 'directory' ? await markers.read(name) : undefined;
  if (!marker) return broken(`${what} is only half made`, 'try-again');
  return { is: 'ready', facts: marker.facts, drift: differences(marker.spec, spec) } as const;
}

const absent: Observation = { is: 'absent' };
const broken = (note: string, remedy: Remedy): Observation => ({ is: 'broken', note, remedy });
