import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import { type JsonObject, sameJson } from '../../domain/json.ts';
import type { Breakage } from '../../domain/observation.ts';
import { remedyOf, WizardError } from '../../domain/wizard-error.ts';
import { type ClaimFolders, claimFolders } from '../../kit/claim-folders.ts';
import { differences } from '../../kit/done-marker.ts';
import type { Secret } from '../../kit/secret.ts';
import { endConnections } from '../../kit/ssh/end-connections.ts';
import { signIn } from '../../kit/ssh/first-login.ts';
import type { SilentMachines } from '../../kit/ssh/silent-machines.ts';
import { loginFiles, pinKeys, pinnedKeys, type SshLogin, writeLogin } from '../../kit/ssh/ssh-login.ts';
import { keyedLock } from '../../kit/supervised-run/keyed-lock.ts';
import type { Call, Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Difference, DriverShared, Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { brokenBy, type LoginWait, loginWait } from './login-wait.ts';
import { readSshAbout, type SshAbout, type SshSpec, sshSpecOf } from './ssh-spec.ts';

export interface SshDriverOptions {
  readonly dataDir: string;
  /** Private keys by the name of the machine's entry under `machines`. */
  readonly keys: Readonly<Record<string, Secret>>;
  /** Where we tell of machines that do not answer. */
  readonly silent: SilentMachines;
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
}

export interface SshDriver extends ResourceDriver {
  update: NonNullable<ResourceDriver['update']>;
  /** Stops waiting for machines, which goes on at the next look, and ends the connections to them. */
  close(): Promise<void>;
}

const usualBootMs = 5 * 60_000;
const lookEveryMs = 2 * 60_000;
/** A login that worked a moment ago is believed: whoever waits for it need not wait for another. */
const freshMs = 3000;
/** A machine that worked and does not answer is a matter of the network at first. */
const lostAfterMs = 10 * 60_000;

interface Room {
  readonly options: SshDriverOptions;
  readonly folders: ClaimFolders<SshAbout>;
  /** Of two who write one login at once the second finds that it is there. */
  readonly inTurn: ReturnType<typeof keyedLock>;
  readonly waits: Map<string, LoginWait>;
  /** Since when a machine that worked does not answer; monotonic. */
  readonly lostSince: Map<string, number>;
  /** When a login worked last; monotonic. */
  readonly workedAt: Map<string, number>;
}

/**
 * A way into a machine: `DATA/ssh/CLAIM/` holds an ssh_config file, the key and the pinned host keys. Ready when a login works. A
 * machine that moves to another address keeps its host key and is followed in place.
 */
export function sshDriver(options: SshDriverOptions): SshDriver {
  const folders = claimFolders(join(options.dataDir, 'ssh'), readSshAbout);
  const room: Room = {
    ...{ options, folders, inTurn: keyedLock() },
    ...{ waits: new Map(), lostSince: new Map(), workedAt: new Map() },
  };
  return {
    kind: 'ssh',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return look(room, claim, spec, call);
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const wanted = sshSpecOf(spec);
      const isNew = await folders.make(claim, { spec: wanted, worked: false });
      try {
        await begin(room, claim);
      } catch (error) {
        if (isNew) await folders.remove(claim);
        throw error;
      }
    },
    async update(claim, spec, call) {
      call.signal.throwIfAborted();
      const wanted = sshSpecOf(spec);
      await stop(room, claim);
      const about = await folders.read(claim);
      if (typeof about === 'string') return;
      // What is pinned belongs to the machine, not to its address.
      const { knownHosts, config } = loginFiles(folders.pathOf(claim));
      if (about.spec.claim !== wanted.claim) await rm(knownHosts, { force: true });
      else await pinKeys(folders.pathOf(claim), wanted, await pinnedKeys(config));
      const hadWorked = about.spec.claim === wanted.claim && (about.worked || about.hadWorked === true);
      await folders.write(claim, { spec: wanted, worked: false, ...(hadWorked ? { hadWorked } : {}) });
      await begin(room, claim);
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      await stop(room, claim);
      await folders.remove(claim);
      options.shared.changed(claim);
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await folders.claims();
    },
    async close() {
      for (const wait of room.waits.values()) wait.stop();
      await Promise.all([...room.waits.values()].map(({ ended }) => ended));
      room.waits.clear();
      await Promise.all((await folders.claims()).map((claim) => endHeld(room, claim)));
    },
  };
}

const tellsApart = ({ field }: Difference): boolean => field !== 'bootLimitMs' && field !== 'hostKeyWaitMs';

async function look(room: Room, claim: Claim, spec: JsonObject, call: Call): Promise<Observation> {
  const about = await room.folders.read(claim);
  if (about === 'missing') {
    await stop(room, claim);
    return { is: 'absent' };
  }
  if (about === 'half') return { is: 'broken', note: 'the login is only half made', remedy: 'try-again' };
  const drift = differences(about.spec, await withKeysOfBefore(room, claim, about.spec, spec)).filter(tellsApart);
  const ready: Observation = { is: 'ready', facts: factsOf(room, claim, about.spec), drift };
  if (!about.worked) return withDrift((await begin(room, claim)).observation(), drift);
  // It may be the old address that does not answer any more.
  return drift.length > 0 ? ready : ((await trouble(room, claim, about.spec, call)) ?? ready);
}

/** Another machine, another address and keys that are told by now are no reason to go on with what was begun. */
const withDrift = (seen: Observation, drift: readonly Difference[]): Observation =>
  drift.length > 0 && (seen.is === 'arriving' || seen.is === 'broken') ? { ...seen, drift } : seen;

/**
 * A machine's keys are told by its console later than we signed in. If one of them is the key that is pinned, or none is told any more,
 * nothing differs, and nobody who stands on this login has to wait for another.
 */
async function withKeysOfBefore(
  { folders }: Room,
  claim: Claim,
  have: SshSpec,
  wanted: JsonObject,
): Promise<JsonObject> {
  const told = wanted['hostKeys'];
  if (!Array.isArray(told) || sameJson(told, have.hostKeys)) return wanted;
  const pinned = await pinnedKeys(loginFiles(folders.pathOf(claim)).config);
  const agree = told.length === 0 || told.some((key) => typeof key === 'string' && pinned.includes(plainKey(key)));
  return agree ? { ...wanted, hostKeys: [...have.hostKeys] } : wanted;
}

/** `TYPE KEY` without the comment that may follow. */
const plainKey = (key: string): string => key.split(' ').slice(0, 2).join(' ');

/** Signs in; a silence that has not lasted long is thrown, so that nothing is taken away for it. */
async function trouble(room: Room, claim: Claim, spec: SshSpec, call: Call): Promise<Observation | undefined> {
  const { lostSince, workedAt, options } = room;
  const name = claimName(claim);
  if (options.clock.monotonic() - (workedAt.get(name) ?? Number.NEGATIVE_INFINITY) < freshMs) return undefined;
  try {
    await signIn(await loginOf(room, claim, spec), { signal: call.signal, clock: options.clock });
    lostSince.delete(name);
    workedAt.set(name, options.clock.monotonic());
    return undefined;
  } catch (error) {
    call.signal.throwIfAborted();
    if (remedyOf(error) !== 'try-again') return brokenBy(error);
    const since = lostSince.get(name) ?? options.clock.monotonic();
    lostSince.set(name, since);
    if (options.clock.monotonic() - since < lostAfterMs) throw error;
    const minutes = Math.round(lostAfterMs / 60_000);
    const gone = new WizardError(`the machine has not answered for ${minutes} minutes`, {
      code: 'ssh/lost',
      remedy: 'fix-setup',
      cause: error,
    });
    return brokenBy(gone);
  }
}

/** Waits for the machine, if nobody does yet. */
async function begin(room: Room, claim: Claim): Promise<LoginWait> {
  const { options, folders, waits } = room;
  const name = claimName(claim);
  const known = waits.get(name);
  if (known) return known;
  const about = await folders.read(claim);
  if (typeof about === 'string') return notThere;
  const { spec, hadWorked } = about;
  const login = await loginOf(room, claim, spec);
  const already = waits.get(name);
  if (already) return already;
  const wait = loginWait({
    login,
    port: spec.port,
    user: spec.user,
    entry: `machines.${spec.machine}`,
    bootLimitMs: spec.bootLimitMs ?? usualBootMs,
    hostKeyWaitMs: spec.hostKeyWaitMs ?? 0,
    clock: options.clock,
    keysWanted: () => machineChanged(room, spec),
    // What somebody made on a machine that had let us in is not given up for a silence.
    silent: (breakage) => (hadWorked ? undefined : tellSilence(room, spec, breakage)),
    changed: () => options.shared.changed({ environment: claim.environment, role: claim.role }),
    worked: async () => {
      if (spec.hostKeys.length === 0 && !hadWorked)
        options.log.info('ssh.first-key-believed', { claim: name, host: spec.host });
      await folders.write(claim, { spec, worked: true });
      room.workedAt.set(name, options.clock.monotonic());
      waits.delete(name);
    },
  });
  waits.set(name, wait);
  return wait;
}

function tellSilence(room: Room, spec: SshSpec, breakage: Breakage | undefined): void {
  const { silent } = room.options;
  const before = silent.get(spec.claim);
  if (breakage) silent.set(spec.claim, breakage);
  else silent.delete(spec.claim);
  if ((before === undefined) !== (breakage === undefined)) machineChanged(room, spec);
}

/** The machine itself is another resource: whoever made it looks at it again. */
function machineChanged({ options }: Room, spec: SshSpec): void {
  const machine = parseClaim(spec.claim);
  if (machine) options.shared.changed(machine);
}

const notThere: LoginWait = {
  observation: () => ({ is: 'absent' }),
  stop: () => undefined,
  ended: Promise.resolve(),
};

/** Nobody waits for it or is connected by it any more. */
async function stop(room: Room, claim: Claim): Promise<void> {
  const { waits, lostSince, workedAt } = room;
  const name = claimName(claim);
  const wait = waits.get(name);
  waits.delete(name);
  lostSince.delete(name);
  workedAt.delete(name);
  wait?.stop();
  await wait?.ended;
  await endHeld(room, claim);
}

async function endHeld({ folders }: Pick<Room, 'folders'>, claim: Claim): Promise<void> {
  const { held } = loginFiles(folders.pathOf(claim));
  await endConnections(held);
  await rm(held, { recursive: true, force: true });
}

/** Writes the files again, since the operator may have corrected the key. */
const loginOf = (room: Room, claim: Claim, spec: SshSpec): Promise<SshLogin> =>
  room.inTurn(claimName(claim), async () =>
    writeLogin(room.folders.pathOf(claim), {
      host: spec.host,
      port: spec.port,
      user: spec.user,
      hostKeys: spec.hostKeys,
      key: keyOf(room, spec),
      entry: `machines.${spec.machine}`,
      hold: true,
    }),
  );

function keyOf({ options }: Room, { machine }: SshSpec): Secret {
  const key = Object.hasOwn(options.keys, machine) ? options.keys[machine] : undefined;
  if (key) return key;
  throw new WizardError(`signing in to a machine of machines.${machine}: wizard.yml has no such entry`, {
    code: 'ssh/unknown-machine',
    remedy: 'fix-setup',
    hint: `Add machines.${machine} with its ssh-key to wizard.yml, or take it out of the recipe.`,
  });
}

function factsOf({ folders }: Room, claim: Claim, spec: SshSpec): JsonObject {
  const { config, key, knownHosts } = loginFiles(folders.pathOf(claim));
  return { host: spec.host, port: spec.port, user: spec.user, config, key, knownHosts, claim: spec.claim };
}
