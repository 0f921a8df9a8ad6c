import { describeError } from '../../domain/wizard-error.ts';
import type { Secrets } from '../../kit/secret.ts';
import { noMask } from '../../kit/supervised-run/mask-secrets.ts';
import { supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import { follow, rest, serverEnded, start, stopGraceMs, throwAway, turn } from './keep-serving.ts';
import { type LiveInstance, newLive, type ServersRoom } from './live-instance.ts';
import { type FirstAsked, served, startServer, stopServer, wasUp } from './serve-instance.ts';
import { type InstanceRecord, runClaim, writeInstance } from './server-instance.ts';

export interface ServersOptions {
  /** Records of what runs are kept below it. */
  readonly runsDir: string;
  readonly instance: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly changed: (id: string) => void;
}

/** The servers over the clones: each runs on when we die, is started again when it dies, and leaves nothing when it goes. */
export interface Servers {
  readonly room: ServersRoom;
  /** Takes one up that is there already. */
  adopt(folder: string, record: InstanceRecord, power: 'on' | 'off'): Promise<void>;
  /** The first start over a fresh clone; answers when it serves its keeper, and whom it should let in. */
  prepare(one: LiveInstance, first: FirstAsked): Promise<void>;
  setPower(id: string, power: 'on' | 'off'): void;
  /** Starts it anew with another shape. */
  reshape(id: string, record: InstanceRecord): Promise<void>;
  /** Takes it away with its data, trying until it is done. */
  discard(id: string): Promise<void>;
  close(): void;
}

export function servers(options: ServersOptions): Servers {
  const room = openRoom(options);
  const { live, runs } = room;
  return {
    room,
    adopt: (folder, record, power) => adopt(room, newLive(folder, record, 'resting'), power),
    async prepare(one, first) {
      live.set(one.record.id, one);
      await startServer(room, one, first);
      one.upSince = room.clock.monotonic();
      one.phase = 'up';
    },
    setPower(id, power) {
      const one = live.get(id);
      if (!one) return;
      if (power === 'off') rest(room, one);
      else if (one.phase === 'resting' || one.phase === 'failed') start(room, one);
    },
    async reshape(id, record) {
      const one = live.get(id);
      if (!one) return;
      await writeInstance(one.folder, record);
      one.record = record;
      if (one.phase === 'resting') return;
      one.cancelRestart();
      one.serving.abort(new Error('it is started anew'));
      turn(room, one, 'starting');
      const stopped = stopServer(room, one, stopGraceMs);
      follow(
        room,
        one,
        stopped.then(() => startServer(room, one)),
      );
    },
    async discard(id) {
      const one = live.get(id);
      if (one) await throwAway(room, one);
    },
    close() {
      room.closed.abort();
      for (const one of live.values()) one.cancelRestart();
      runs.close();
    },
  };
}

function openRoom({ runsDir, instance, secrets, clock, log, changed }: ServersOptions): ServersRoom {
  const live = new Map<string, LiveInstance>();
  const runs = supervisedRuns({
    dataDir: runsDir,
    instance,
    kind: 'database',
    clock,
    log,
    mask: noMask,
    onRunning: () => undefined,
    onChange: (name) => {
      const one = live.get(/^db-([0-9a-f]{12})_/.exec(name)?.[1] ?? '');
      if (one)
        serverEnded(room, one).catch((error: unknown) => log.error('database.ended', { error: describeError(error) }));
    },
  });
  const room = { instance, secrets, clock, log, runs, live, closed: new AbortController(), changed };
  return room;
}

async function adopt(room: ServersRoom, one: LiveInstance, power: 'on' | 'off'): Promise<void> {
  const { id } = one.record;
  room.live.set(id, one);
  const view = await room.runs.look(runClaim(id));
  if (power === 'off') {
    if (view.is !== 'absent') rest(room, one);
  } else if (view.is !== 'running') start(room, one);
  else if (await wasUp(room, id)) turn(room, one, 'up');
  else {
    turn(room, one, 'starting');
    follow(room, one, served(room, one));
  }
}
