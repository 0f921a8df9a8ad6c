import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describeError } from '../../domain/wizard-error.ts';
import { removeClone } from '../../kit/clone/make-clone.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import type { InstancePhase, LiveInstance, ServersRoom } from './live-instance.ts';
import { hasRoomToStart } from './need-room.ts';
import { howItEnded, killServer, startServer, stopServer } from './serve-instance.ts';
import { runClaim } from './server-instance.ts';

/** Before each start in a row. */
const pausesMs = [0, 200, 1000, 5000, 15_000];
/** One that was up for so long begins to count anew. */
const steadyMs = 30_000;
export const stopGraceMs = 20_000;
const discardAgainMs = 2000;
const roomLookMs = 2000;

export function turn(room: ServersRoom, one: LiveInstance, phase: InstancePhase): void {
  one.phase = phase;
  if (phase === 'up') one.upSince = room.clock.monotonic();
  room.changed(one.record.id);
}

/** Its run ended, or was cleared away. */
export async function serverEnded(room: ServersRoom, one: LiveInstance): Promise<void> {
  if (room.closed.signal.aborted || !['making', 'starting', 'up'].includes(one.phase)) return;
  const { serving } = one;
  // While it is started anew, the one before it is cleared away.
  if ((await room.runs.look(runClaim(one.record.id))).is !== 'over') return;
  Object.assign(one, await howItEnded(room, one.record.id));
  serving.abort(new Error(one.note));
  if (one.phase === 'up') restart(room, one);
}

function restart(room: ServersRoom, one: LiveInstance): void {
  turn(room, one, 'down');
  whenRoom(room, one, () => again(room, one));
}

/** Its data is whole, and nothing is gained by trying where no room is left: that counts as no failure, or it would be thrown away. */
function whenRoom(room: ServersRoom, one: LiveInstance, then: () => void): void {
  hasRoomToStart(one.folder, dirname(room.runs.directory(runClaim(one.record.id)))).then(
    (has) => {
      if (room.closed.signal.aborted || one.phase !== 'down') return;
      if (!has && !one.awaitsRoom) room.log.warn('database.no-room', { id: one.record.id, because: one.note });
      if (has === one.awaitsRoom) {
        one.awaitsRoom = !has;
        room.changed(one.record.id);
      }
      if (has) then();
      else one.cancelRestart = room.clock.after(roomLookMs, () => whenRoom(room, one, () => start(room, one)));
    },
    (error: unknown) => {
      room.log.error('database.room', { id: one.record.id, error: describeError(error) });
      if (!room.closed.signal.aborted && one.phase === 'down') then();
    },
  );
}

function again(room: ServersRoom, one: LiveInstance): void {
  if (room.clock.monotonic() - one.upSince > steadyMs) one.failures = 0;
  const pauseMs = pausesMs[one.failures];
  one.failures += 1;
  room.log.warn('database.ended', { id: one.record.id, because: one.note, again: pauseMs !== undefined });
  if (pauseMs === undefined) turn(room, one, 'failed');
  else one.cancelRestart = room.clock.after(pauseMs, () => start(room, one));
}

export function start(room: ServersRoom, one: LiveInstance): void {
  if (room.closed.signal.aborted || one.phase === 'leaving') return;
  turn(room, one, 'starting');
  follow(room, one, startServer(room, one));
}

/** Sees a start to its end. */
export function follow(room: ServersRoom, one: LiveInstance, work: Promise<unknown>): void {
  one.starting = Promise.allSettled([work]);
  work.then(
    () => {
      if (one.phase === 'starting') turn(room, one, 'up');
    },
    (error: unknown) => {
      if (room.closed.signal.aborted || one.phase !== 'starting') return;
      if (one.note === '') one.note = describeError(error);
      restart(room, one);
    },
  );
}

/** Ends its server, with all its data in order, until it is wanted again. */
export function rest(room: ServersRoom, one: LiveInstance): void {
  one.cancelRestart();
  one.phase = 'resting';
  one.serving.abort(new Error('it was told to rest'));
  stopServer(room, one, stopGraceMs).then(
    () => room.changed(one.record.id),
    (error: unknown) => {
      if (!room.closed.signal.aborted) room.log.error('database.stop', { error: describeError(error) });
    },
  );
}

/** Takes it away with its data, trying until it is done. */
export async function throwAway(room: ServersRoom, one: LiveInstance): Promise<void> {
  one.phase = 'leaving';
  one.cancelRestart();
  one.serving.abort(new Error('it is being taken away'));
  while (!(await isThrownAway(room, one))) await pause(room.clock, discardAgainMs);
  room.live.delete(one.record.id);
}

async function isThrownAway(room: ServersRoom, one: LiveInstance): Promise<boolean> {
  room.closed.signal.throwIfAborted();
  try {
    await killServer(room, one);
    await removeClone(one.folder);
    await rm(one.record.run, { recursive: true, force: true });
    return true;
  } catch (error) {
    if (room.closed.signal.aborted) throw error;
    room.log.error('database.discard', { id: one.record.id, error: describeError(error) });
    return false;
  }
}
