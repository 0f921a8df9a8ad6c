import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { breakageOf } from '../../domain/observation.ts';
import { describeError, remedyOf, WizardError } from '../../domain/wizard-error.ts';
import { differences } from '../../kit/done-marker.ts';
import type { Call } from '../../ports/call.ts';
import type { Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import {
  newRoom,
  type PoolAbout,
  type PoolHost,
  type PoolRoom,
  type PoolTask,
  type SshPoolOptions,
} from './pool-room.ts';
import { endTask, waitTask } from './pool-tasks.ts';
import { type Reservations, reservations } from './reservations.ts';

export type { SshPool, SshPoolOptions } from './pool-room.ts';

export interface SshPoolDriver extends ResourceDriver {
  /** Stops waiting and clearing; both go on at the next look. */
  close(): Promise<void>;
}

const lookEveryMs = 5 * 60_000;
/** A machine that has been silent for so long is given up for another. */
const lostAfterMs = 10 * 60_000;

/** The parts of this driver that know of one another. */
interface Pools extends PoolRoom {
  marksOf(machine: string): Reservations;
}

/**
 * Machines that are there already: an environment takes a free one and gives it back. Who has a host is written on the host itself;
 * `DATA/ssh-pool/CLAIM/` remembers it here.
 */
export function sshPoolDriver(options: SshPoolOptions): SshPoolDriver {
  const { folders, ...room } = newRoom(options, join(options.dataDir, 'ssh-pool'));
  const logins = join(options.dataDir, 'ssh-pool-logins');
  const pools: Pools = { ...room, folders, marksOf: (machine) => reservations(options, machine, logins) };
  return {
    kind: 'ssh-pool',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs, replacing: 'costly' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return look(pools, claim, spec, call);
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const machine = machineOf(spec);
      pools.marksOf(machine);
      const about = await folders.read(claim);
      if (typeof about !== 'string' && (about.state === 'leaving' || about.state === 'owed')) throw spent(claim);
      if (about === 'half') await folders.remove(claim);
      await folders.make(claim, { machine, spec: compared(spec), state: 'waiting' });
      const made = await folders.read(claim);
      if (typeof made !== 'string' && made.state === 'waiting') begin(pools, claim, made);
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await beginEnd(pools, claim, call);
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await listed(pools, call);
    },
    async close() {
      const tasks = [...pools.waits.values(), ...pools.endings.values()];
      for (const task of tasks) task.stop();
      await Promise.all(tasks.map(({ ended }) => ended));
    },
  };
}

async function look(pools: Pools, claim: Claim, spec: JsonObject, call: Call): Promise<Observation> {
  const about = await pools.folders.read(claim);
  if (about === 'half') return { is: 'broken', note: 'the reservation is only half made', remedy: 'try-again' };
  if (about === 'missing') return lookWithoutRecord(pools, claim, spec, call);
  switch (about.state) {
    case 'waiting':
      return begin(pools, claim, about).observation();
    case 'leaving':
      return resumeEnd(pools, claim, about).observation();
    case 'owed':
      resumeEnd(pools, claim, about);
      return { is: 'absent' };
    case 'held':
      return lookAtHost(pools, claim, about, spec, call);
  }
}

async function lookAtHost(
  pools: Pools,
  claim: Claim,
  about: PoolAbout,
  spec: JsonObject,
  call: Call,
): Promise<Observation> {
  const { host } = about;
  if (!host) return { is: 'broken', note: 'the reservation names no machine', remedy: 'try-again' };
  const marks = pools.marksOf(about.machine);
  const name = claimName(claim);
  try {
    const state = await marks.stateOf(host, call.signal);
    pools.lostSince.delete(name);
    if (!state.claim || claimName(state.claim) !== name) {
      await pools.folders.remove(claim);
      return { is: 'absent' };
    }
  } catch (error) {
    return lost(pools, name, error, call);
  }
  const facts = { claim: name, address: host.address, port: host.port, hostKeys: await marks.hostKeys(host) };
  const wanted = Object.keys(spec).length === 0 ? about.spec : compared(spec);
  return { is: 'ready', facts, drift: differences(about.spec, wanted) };
}

/** A short silence is thrown, so that nothing is taken away for it. */
function lost({ lostSince, options }: Pools, name: string, error: unknown, call: Call): Observation {
  call.signal.throwIfAborted();
  if (remedyOf(error) !== 'try-again') return { is: 'broken', ...breakageOf(error) };
  const since = lostSince.get(name) ?? options.clock.monotonic();
  lostSince.set(name, since);
  if (options.clock.monotonic() - since < lostAfterMs) throw error;
  return { is: 'broken', ...breakageOf(error), note: `the machine is lost: ${describeError(error)}` };
}

/** After our records were lost, what is written on the hosts still holds. */
async function lookWithoutRecord(pools: Pools, claim: Claim, spec: JsonObject, call: Call): Promise<Observation> {
  const wait = pools.waits.get(claimName(claim));
  pools.waits.delete(claimName(claim));
  wait?.stop();
  const ending = pools.endings.get(claimName(claim));
  if (ending) return ending.observation();
  const found = await hostsOf(pools, claim, call);
  const [first] = found;
  if (!first) return { is: 'absent' };
  const about: PoolAbout = { machine: first.machine, spec: compared(spec), host: first.host, state: 'held' };
  await pools.folders.make(claim, about);
  return lookAtHost(pools, claim, about, spec, call);
}

interface Found {
  readonly machine: string;
  readonly host: PoolHost;
  readonly claim: Claim;
}

/** What is reserved for us on all hosts. A silent host whose marks are all in our records is left out; another one throws. */
async function found(pools: Pools, call: Call): Promise<Found[]> {
  const ofPool = async (machine: string): Promise<Found[]> => {
    const marks = pools.marksOf(machine);
    const states = await marks.states(call.signal);
    call.signal.throwIfAborted();
    const all: Found[] = [];
    for (const { host, claim, error } of states) {
      if (error !== undefined && !(await marks.wasListed(host))) throw error;
      if (claim) all.push({ machine, host, claim });
    }
    return all;
  };
  return (await Promise.all(Object.keys(pools.options.pools).map(ofPool))).flat();
}

const hostsOf = async (pools: Pools, claim: Claim, call: Call): Promise<Found[]> =>
  (await found(pools, call)).filter((one) => claimName(one.claim) === claimName(claim));

async function listed(pools: Pools, call: Call): Promise<Claim[]> {
  const onHosts = (await found(pools, call)).map(({ claim }) => claim);
  const names = new Map([...(await pools.folders.claims()), ...onHosts].map((claim) => [claimName(claim), claim]));
  for (const [name, claim] of names) {
    const about = await pools.folders.read(claim);
    if (typeof about === 'string' || about.state !== 'owed') continue;
    resumeEnd(pools, claim, about);
    names.delete(name);
  }
  return [...names.values()];
}

async function beginEnd(pools: Pools, claim: Claim, call: Call): Promise<void> {
  const name = claimName(claim);
  const about = await pools.folders.read(claim);
  const wait = pools.waits.get(name);
  wait?.stop();
  await wait?.ended;
  pools.waits.delete(name);
  pools.lostSince.delete(name);
  if (pools.endings.has(name)) return;
  if (typeof about === 'string') {
    // Of one without a record the hosts know.
    const [first] = await hostsOf(pools, claim, call);
    await pools.folders.remove(claim);
    if (!first) return;
    const { machine, host } = first;
    const leaving: PoolAbout = { machine, host, spec: {}, state: 'leaving' };
    await pools.folders.make(claim, leaving);
    resumeEnd(pools, claim, leaving);
    return;
  }
  const now = await pools.folders.read(claim);
  if (typeof now === 'string') return;
  const leaving: PoolAbout = { ...now, state: now.state === 'owed' ? 'owed' : 'leaving' };
  await pools.folders.write(claim, leaving);
  resumeEnd(pools, claim, leaving);
}

/** One that never noted a host may have got it in the last moment: all are asked. */
function resumeEnd(pools: Pools, claim: Claim, { machine, host }: PoolAbout): PoolTask {
  const name = claimName(claim);
  const known = pools.endings.get(name);
  if (known) return known;
  const marks = pools.marksOf(machine);
  const task = endTask(pools, claim, host ? [host] : marks.pool.hosts, marks);
  pools.endings.set(name, task);
  return task;
}

function begin(pools: Pools, claim: Claim, { machine }: PoolAbout): PoolTask {
  const name = claimName(claim);
  const known = pools.waits.get(name);
  if (known) return known;
  const task = waitTask(pools, claim, machine, pools.marksOf(machine));
  pools.waits.set(name, task);
  return task;
}

function machineOf({ machine }: JsonObject): string {
  if (typeof machine === 'string') return machine;
  throw new WizardError('reading the spec of a machine: it names no entry of machines', {
    code: 'ssh-pool/bad-spec',
    remedy: 'report-bug',
  });
}

/** Hosts come and go in wizard.yml, and the script is ours: neither makes another machine of it. */
const compared = (spec: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(spec).filter(([name]) => !['userData', 'hosts', 'host-keys', 'hostKeys', 'clean'].includes(name)),
  );

const spent = (claim: Claim): WizardError =>
  new WizardError(`reserving a machine for ${claim.environment}: the one of this name is still being given back`, {
    code: 'ssh-pool/spent',
    remedy: 'try-again',
  });
