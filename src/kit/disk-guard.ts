import { codeOf, describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import { diskFull } from './disk-full.ts';
import { type DiskReserve, diskReserve, isNoRoom } from './disk-reserve.ts';
import { bytesText, type DiskRoom, floorOf, isBelowFloor, isFull, reserveOf, roomAt, roomText } from './disk-room.ts';
import { makeFolders } from './make-folders.ts';

/** Something that fills the disk. */
export interface DiskUser {
  /** Work is under way: look often. */
  isBusy(): boolean;
  /** Ends that work and answers when nothing writes any more. It must not need room itself. */
  stop(): Promise<void>;
  /** There is room, so many bytes; called again and again while there is. */
  goOn(free: number): void;
}

export type DiskState = 'roomy' | 'low' | 'full';

/**
 * Keeps the server able to write when the disk of its data fills up: a reserve is given up when nothing else is left, after what
 * filled the disk was stopped; below a floor nothing new is begun; and when there is room again everything goes on by itself.
 */
export interface DiskGuard {
  /** Answers how many bytes are free; throws `disk/full` when it is less than the floor. */
  need(doing: string): Promise<number>;
  /** What to tell of a failure of work that began at `since`: `disk/full` when it was for want of room, else the error itself. */
  whyFailed(error: unknown, about: { readonly doing: string; readonly since: number }): Promise<unknown>;
  /** Whether the disk was seen full at or after this time. */
  wasFullSince(time: number): Promise<boolean>;
  /** For whoever could not write: stops what fills the disk, gives up the reserve. Answers whether anything is free now. */
  makeRoom(): Promise<boolean>;
  /** Calls `then` once there is room; of one key the last counts. */
  whenRoomy(key: string, then: () => void): void;
  join(user: DiskUser): void;
  /** As last seen, with a sentence. */
  state(): { readonly is: DiskState; readonly text: string };
  close(): Promise<void>;
}

export interface DiskGuardOptions {
  /** On the disk that is watched; the reserve lies in it. */
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
}

const busyMs = 100;
const uneasyMs = 1000;
const calmMs = 5000;
/** Who does not stop within this is left behind: the reserve must not wait for ever. */
const stopMs = 10_000;

/** What the guard knows. */
interface Watch {
  readonly options: DiskGuardOptions;
  readonly reserve: DiskReserve;
  readonly users: Set<DiskUser>;
  readonly waiting: Map<string, () => void>;
  /** As last seen. */
  room: DiskRoom;
  hasReserve: boolean;
  /** When the disk was last seen full. */
  fullAt: number;
  /** What the log was last told. */
  said: DiskState;
  giving: Promise<void> | undefined;
}

/** Makes the folder where it is missing, and looks once before it answers. */
export async function openDiskGuard(options: DiskGuardOptions): Promise<DiskGuard> {
  makeFolders(options.folder);
  const reserve = diskReserve(options.folder);
  const watch: Watch = {
    options,
    reserve,
    users: new Set(),
    waiting: new Map(),
    room: await roomAt(options.folder),
    hasReserve: await reserve.isThere(),
    fullAt: Number.NEGATIVE_INFINITY,
    said: 'roomy',
    giving: undefined,
  };
  const stop = goRound(watch);
  return {
    async need(doing) {
      const room = await look(watch);
      if (isBelowFloor(room)) throw diskFull(doing, room);
      return room.free;
    },
    async whyFailed(error, { doing, since }) {
      const room = await look(watch);
      if (codeOf(error) === 'disk/full') return error;
      if (isNoRoom(error)) watch.fullAt = options.clock.now();
      return watch.fullAt >= since ? diskFull(doing, room, { cause: error }) : error;
    },
    async wasFullSince(time) {
      await look(watch);
      return watch.fullAt >= time;
    },
    makeRoom: () => makeRoom(watch),
    whenRoomy: (key, then) => void watch.waiting.set(key, then),
    join: (user) => void watch.users.add(user),
    state: () => ({ is: stateOf(watch.room), text: roomText(watch.room) }),
    close: stop,
  };
}

async function look(watch: Watch): Promise<DiskRoom> {
  const { clock, folder } = watch.options;
  watch.room = await roomAt(folder);
  if (isFull(watch.room)) watch.fullAt = clock.now();
  return watch.room;
}

const stateOf = (room: DiskRoom): DiskState => (isFull(room) ? 'full' : isBelowFloor(room) ? 'low' : 'roomy');

const isBusy = ({ users }: Watch): boolean => [...users].some((user) => user.isBusy());

function tell(watch: Watch): void {
  const { room, said, options } = watch;
  watch.said = stateOf(room);
  if (watch.said === said) return;
  const about = { room: roomText(room), floor: bytesText(floorOf(room)) };
  if (watch.said === 'roomy') options.log.info('disk.room-again', about);
  else options.log.error(`disk.${watch.said}`, about);
}

/** Whoever asks while it is under way gets the same. */
async function makeRoom(watch: Watch): Promise<boolean> {
  watch.giving ??= giveUp(watch).finally(() => {
    watch.giving = undefined;
  });
  await watch.giving;
  return watch.room.free > 0;
}

/** First what fills the disk is stopped: else it would take the reserve too. */
async function giveUp(watch: Watch): Promise<void> {
  const { clock, log } = watch.options;
  watch.fullAt = clock.now();
  tell(watch);
  const tooLong = Promise.withResolvers<void>();
  const cancel = clock.after(stopMs, () => tooLong.resolve());
  const failed = (error: unknown): void => log.error('disk.stop', { error: describeError(error) });
  await Promise.race([Promise.all([...watch.users].map((user) => user.stop().catch(failed))), tooLong.promise]);
  cancel();
  if (watch.hasReserve) log.warn('disk.reserve-given-up', { room: roomText(watch.room) });
  watch.hasReserve = false;
  await watch.reserve.giveUp();
  await look(watch);
}

async function round(watch: Watch): Promise<void> {
  await look(watch);
  if (isFull(watch.room) && (watch.hasReserve || isBusy(watch))) await makeRoom(watch);
  tell(watch);
  const { room } = watch;
  const wanted = watch.hasReserve ? 0 : reserveOf(room);
  if (isBelowFloor(room) || room.free < floorOf(room) + wanted) return;
  if (wanted > 0) watch.hasReserve = await watch.reserve.take(wanted);
  const then = [...watch.waiting.values()];
  watch.waiting.clear();
  for (const one of then) one();
  for (const user of watch.users) user.goOn(room.free);
}

/** Looks again and again; what it answers ends that. */
function goRound(watch: Watch): () => Promise<void> {
  const { clock, log } = watch.options;
  let cancel: (() => void) | undefined;
  let closed = false;
  const once = (): Promise<void> =>
    round(watch)
      .catch((error: unknown) => log.error('disk.look', { error: describeError(error) }))
      .then(() => {
        const calm = watch.said === 'roomy' && watch.waiting.size === 0;
        const ms = isBusy(watch) ? busyMs : calm ? calmMs : uneasyMs;
        if (!closed) cancel = clock.after(ms, next);
      });
  let going = once();
  function next(): void {
    going = once();
  }
  return async () => {
    closed = true;
    cancel?.();
    await going;
  };
}
