import { type Claim, claimName } from '../../domain/claim.ts';
import { breakageOf } from '../../domain/observation.ts';
import { describeError, remedyOf } from '../../domain/wizard-error.ts';
import { lastLinesOf } from '../../kit/command-output.ts';
import { pauseUnless } from '../../kit/pause-unless.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { hostText, type PoolHost, type PoolRoom, type PoolTask } from './pool-room.ts';
import type { HostState, Reservations } from './reservations.ts';

const askAgainMs = 3000;
/** So long a full pool is worth waiting for without a word to people. */
const fullForMs = 10 * 60_000;
const cleanAgainMs = 5000;
/** A host that does not answer for so long when it is given back is cleared another day. */
const owedAfterMs = 30_000;

/** Waits for a free host and takes it. */
export function waitTask(room: PoolRoom, claim: Claim, machine: string, marks: Reservations): PoolTask {
  const { clock, log } = room.options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const startedAt = clock.monotonic();
  let seen: Observation = { is: 'arriving', note: `looking for a free machine of ${machine}`, lookAgainMs: 10_000 };
  const show = (next: Observation): void => {
    const isNews = JSON.stringify(next) !== JSON.stringify(seen);
    seen = next;
    if (isNews) room.changed(claim);
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const states = await marks.states(signal);
        const host = await takeOne(marks, states, claim, signal);
        if (host) {
          await hold(room, claim, host);
          room.waits.delete(claimName(claim));
          room.changed(claim);
          return;
        }
        show(whyNone(states, machine, clock.monotonic() - startedAt));
      } catch (error) {
        if (signal.aborted) return;
        log.warn('ssh-pool.take', { claim: claimName(claim), error: describeError(error) });
      }
      await pauseOrFreed(room, signal);
    }
  };
  return { observation: () => seen, stop: () => stopping.abort(), ended: work() };
}

async function takeOne(
  marks: Reservations,
  states: readonly HostState[],
  claim: Claim,
  signal: AbortSignal,
): Promise<PoolHost | undefined> {
  const mine = states.find((state) => state.claim && claimName(state.claim) === claimName(claim));
  if (mine) return mine.host;
  for (const { host, isFree } of states) if (isFree && (await marks.take(host, claim, signal))) return host;
  return undefined;
}

export async function hold({ folders }: PoolRoom, claim: Claim, host: PoolHost): Promise<void> {
  const about = await folders.read(claim);
  if (typeof about !== 'string' && about.state === 'waiting')
    await folders.write(claim, { ...about, state: 'held', host: { address: host.address, port: host.port } });
}

function whyNone(states: readonly HostState[], machine: string, waitedMs: number): Observation {
  const silent = states.filter(({ error }) => error !== undefined);
  const count = states.length;
  const first = silent[0]?.error;
  const note =
    silent.length === count && first !== undefined
      ? `none of the ${count} machines of ${machine} lets us in: ${describeError(first)}`
      : `all ${count - silent.length} machines of ${machine} are taken${silent.length > 0 ? ` and ${silent.length} cannot be reached` : ''}; waiting for one`;
  const hopeless = silent.length === count && silent.every(({ error }) => remedyOf(error) === 'fix-setup');
  if (!hopeless && waitedMs < fullForMs) return { is: 'arriving', note, lookAgainMs: 10_000 };
  // We go on waiting; people are told that they may have to do something.
  const why = hopeless
    ? breakageOf(first)
    : {
        code: 'ssh-pool/full',
        hint: `Add a host to machines.${machine}, or close pull requests. The next host that is free is taken.`,
      };
  return { is: 'broken', ...why, note, remedy: 'fix-setup', lastLines: lastLinesOf(first) };
}

/** Clears the hosts of a claim and gives them back. */
export function endTask(room: PoolRoom, claim: Claim, hosts: readonly PoolHost[], marks: Reservations): PoolTask {
  const { clock, log } = room.options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const name = claimName(claim);
  const startedAt = clock.monotonic();
  let note = `clearing ${hosts.map(hostText).join(', ') || 'nothing'}`;
  const left = new Set(hosts);
  const finished = async (): Promise<void> => {
    await room.folders.remove(claim);
    room.endings.delete(name);
    room.changed(claim);
    for (const wake of room.freed) wake();
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        for (const host of left) {
          await marks.giveBack(host, claim, signal);
          left.delete(host);
        }
        await finished();
        return;
      } catch (error) {
        if (signal.aborted) return;
        log.warn('ssh-pool.clean', { claim: name, error: describeError(error) });
        note = `a machine is not cleared yet: ${describeError(error)}`;
        if (clock.monotonic() - startedAt >= owedAfterMs) await owe(room, claim);
        room.changed(claim);
      }
      await pauseUnless(signal, clock, cleanAgainMs);
    }
  };
  return {
    observation: () => ({ is: 'leaving', note, lookAgainMs: 10_000 }),
    stop: () => stopping.abort(),
    ended: work(),
  };
}

/** The environment need not wait: its mark keeps others off the host, and we go on trying. */
async function owe({ folders }: PoolRoom, claim: Claim): Promise<void> {
  const about = await folders.read(claim);
  if (typeof about !== 'string' && about.state === 'leaving') await folders.write(claim, { ...about, state: 'owed' });
}

async function pauseOrFreed({ freed, options }: PoolRoom, signal: AbortSignal): Promise<void> {
  const waking = new AbortController();
  const wake = (): void => waking.abort();
  freed.add(wake);
  await pauseUnless(AbortSignal.any([signal, waking.signal]), options.clock, askAgainMs);
  freed.delete(wake);
}
