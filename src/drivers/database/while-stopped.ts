import { WizardError } from '../../domain/wizard-error.ts';
import { describeEnd } from '../../kit/supervised-run/describe-run.ts';
import { pause } from '../../kit/supervised-run/pause.ts';
import { start, stopGraceMs } from './keep-serving.ts';
import type { InstancePhase, LiveInstance, ServersRoom } from './live-instance.ts';
import { noteLeaving, signalServer } from './serve-instance.ts';
import { familyOf } from './server-command.ts';
import { runClaim } from './server-instance.ts';

const lookEveryMs = 3;

/**
 * Ends a server with its data in order, does the work while nobody can start it, and answers when it serves again, whatever came of the
 * work. When we are killed meanwhile, the next life finds a database that should serve and does not, and starts it.
 */
export async function whileStopped<T>(room: ServersRoom, one: LiveInstance, work: () => Promise<T>): Promise<T> {
  if (one.phase !== 'up') throw notServing();
  const held = Promise.withResolvers<void>();
  one.phase = 'saving';
  one.held = held.promise;
  one.serving.abort(new Error('its state is saved'));
  try {
    await stopInOrder(room, one);
    return await work();
  } finally {
    held.resolve();
    // Otherwise it was told to rest or to leave, or somebody else starts it.
    if (isIn(one, 'saving')) start(room, one);
    while (isIn(one, 'starting') && !room.closed.signal.aborted) await pause(room.clock, lookEveryMs);
  }
}

/** It changes while we wait. */
const isIn = (one: LiveInstance, phase: InstancePhase): boolean => one.phase === phase;

/** Only what ended by itself, and said so, has its data in order. */
async function stopInOrder(room: ServersRoom, one: LiveInstance): Promise<void> {
  const { id, shape } = one.record;
  const until = room.clock.monotonic() + stopGraceMs;
  await noteLeaving(room, id);
  await signalServer(room, id, familyOf(shape.engine).stopSignal);
  for (;;) {
    room.closed.signal.throwIfAborted();
    const view = await room.runs.look(runClaim(id));
    if (view.is === 'over') {
      if (view.end.is === 'ended' && view.end.status === 0) return;
      throw notInOrder(describeEnd(view.end));
    }
    if (view.is !== 'running') throw notInOrder('is not there');
    if (room.clock.monotonic() > until) throw notInOrder(`does not end within ${stopGraceMs / 1000} s`);
    await pause(room.clock, lookEveryMs);
  }
}

const notServing = (): WizardError =>
  new WizardError('stopping a database for a moment: it does not serve now', {
    code: 'database/busy',
    remedy: 'try-again',
    hint: 'Wait until the environment is live. One that sleeps has to be woken first.',
  });

const notInOrder = (how: string): WizardError =>
  new WizardError(`stopping a database for a moment: its server ${how}`, {
    code: 'database/not-stopped',
    remedy: 'try-again',
    hint: 'It is started again. `wizard logs` of its step shows what it says.',
  });
