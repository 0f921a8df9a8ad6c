import { join } from 'node:path';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { claimFolders } from '../../kit/claim-folders.ts';
import { differences } from '../../kit/done-marker.ts';
import { remoteRoot } from '../../kit/ssh/remote-run.ts';
import { keyedLock } from '../../kit/supervised-run/keyed-lock.ts';
import { maskSecrets } from '../../kit/supervised-run/mask-secrets.ts';
import { readRunLog } from '../../kit/supervised-run/run-log.ts';
import type { Call } from '../../ports/call.ts';
import type { Difference, LogPiece, Observation, ResourceDriver } from '../../ports/resource-driver.ts';
import { endTask } from './end-services.ts';
import { followTask } from './follow-run.ts';
import { checkRun, remoteStatus } from './remote-programs.ts';
import type { Room, ServicesOptions, Task } from './room.ts';
import {
  readServicesAbout,
  type ServicesAbout,
  type ServicesSpec,
  serviceNames,
  servicesSpecOf,
} from './services-spec.ts';
import { secretsOf, settingsFiles } from './settings-files.ts';

export type { ServicesOptions } from './room.ts';

export interface MachineServices extends ResourceDriver {
  readLog: NonNullable<ResourceDriver['readLog']>;
  /** Stops following; that goes on at the next look, and the machines go on meanwhile. */
  close(): Promise<void>;
}

const lookEveryMs = 2 * 60_000;

/**
 * The containers of a machine. Its script is run by the machine's user-data or by us; settings and their secrets are sent over SSH.
 * `DATA/machine-services/CLAIM/` holds what was asked for and a copy of the log.
 */
export function machineServices(options: ServicesOptions): MachineServices {
  const room = emptyRoom(options);
  const { folders } = room;
  return {
    kind: 'machine-services',
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs, replacing: 'cheap' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return look(room, claim, spec, call);
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const wanted = servicesSpecOf(spec);
      settingsFiles(wanted, options.secrets);
      const about = await folders.read(claim);
      if (about !== 'missing' && about !== 'half' && about.leaving) throw stillLeaving(claim);
      if (about === 'half') await folders.remove(claim);
      await folders.make(claim, { spec: wanted, logFrom: 0, done: false, leaving: false });
      begin(room.follows, claim, () => followTask(room, claim));
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      if ((await folders.read(claim)) === 'missing') return;
      await stopFollowing(room, claim);
      await room.change(claim, (about) => ({ ...about, leaving: true }));
      const known = room.endings.get(claimName(claim));
      if (known?.observation().is === 'broken') room.endings.delete(claimName(claim));
      begin(room.endings, claim, () => endTask(room, claim));
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      yield* await folders.claims();
    },
    async readLog(claim, from, call) {
      call.signal.throwIfAborted();
      return readCopy(room, claim, from);
    },
    async close() {
      const tasks = [...room.follows.values(), ...room.endings.values()];
      for (const task of tasks) task.stop();
      await Promise.all(tasks.map(({ ended }) => ended));
    },
  };
}

function emptyRoom(options: ServicesOptions): Room {
  const folders = claimFolders(join(options.dataDir, 'machine-services'), readServicesAbout);
  const inTurn = keyedLock();
  return {
    options,
    folders,
    follows: new Map(),
    endings: new Map(),
    justDone: new Set(),
    change: (claim, change) =>
      inTurn(claimName(claim), async () => {
        const about = await folders.read(claim);
        if (typeof about !== 'string') await folders.write(claim, change(about));
      }),
  };
}

function begin(tasks: Map<string, Task>, claim: Claim, make: () => Task): Task {
  const known = tasks.get(claimName(claim));
  if (known) return known;
  const task = make();
  tasks.set(claimName(claim), task);
  return task;
}

async function stopFollowing({ follows, justDone }: Room, claim: Claim): Promise<void> {
  const task = follows.get(claimName(claim));
  task?.stop();
  await task?.ended;
  follows.delete(claimName(claim));
  justDone.delete(claimName(claim));
}

async function look(room: Room, claim: Claim, wanted: JsonObject, call: Call): Promise<Observation> {
  const about = await room.folders.read(claim);
  if (about === 'missing') {
    await stopFollowing(room, claim);
    return room.endings.get(claimName(claim))?.observation() ?? { is: 'absent' };
  }
  if (about === 'half') return { is: 'broken', note: 'the services are only half known', remedy: 'try-again' };
  if (about.leaving) return begin(room.endings, claim, () => endTask(room, claim)).observation();
  const spec = servicesSpecOf(Object.keys(wanted).length === 0 ? about.spec : wanted);
  await followMove(room, claim, about, spec);
  if (!about.done) return begin(room.follows, claim, () => followTask(room, claim)).observation();
  const drift = driftOf(about.spec, spec);
  const isFresh = room.justDone.delete(claimName(claim));
  return drift.length > 0 || isFresh ? { is: 'ready', facts: {}, drift } : check(about, spec, call);
}

/** The same machine may be reached in another way than before. */
async function followMove({ change }: Room, claim: Claim, about: ServicesAbout, spec: ServicesSpec): Promise<void> {
  const { ssh, host } = spec;
  if (spec.machineClaim !== about.spec.machineClaim) return;
  if (ssh === about.spec.ssh && host === about.spec.host) return;
  await change(claim, (kept) => ({ ...kept, spec: { ...kept.spec, ssh, host } }));
}

/** How it is reached is no matter of what it is, and the script is not compared. */
const driftOf = (have: ServicesSpec, want: ServicesSpec): Difference[] =>
  differences(
    { machineClaim: have.machineClaim, files: have.files },
    { machineClaim: want.machineClaim, files: want.files },
  );

/** A machine out of reach is thrown: nothing is taken away for that. */
async function check({ run = '' }: ServicesAbout, spec: ServicesSpec, call: Call): Promise<Observation> {
  const about = { doing: 'looking at the services of the machine', timeLimitMs: 20_000, signal: call.signal };
  const { status, stdout } = await remoteRoot(
    { config: spec.ssh, host: spec.host },
    checkRun(run, serviceNames(spec)),
    { ...about, allow: (code) => code >= remoteStatus.goesOn && code <= remoteStatus.dockerSilent },
  );
  switch (status) {
    case remoteStatus.done:
      return { is: 'ready', facts: {}, drift: [] };
    case remoteStatus.incomplete:
      return { is: 'broken', note: `the container of ${stdout.trim()} does not run any more`, remedy: 'try-again' };
    case remoteStatus.dockerSilent:
      throw new WizardError(`${about.doing}: Docker does not answer there`, {
        code: 'services/docker-silent',
        remedy: 'try-again',
      });
    default:
      return {
        is: 'broken',
        note: 'the machine was restarted, and what lay in its memory is lost',
        remedy: 'try-again',
      };
  }
}

async function readCopy(room: Room, claim: Claim, from: number): Promise<LogPiece> {
  const about = await room.folders.read(claim);
  if (typeof about === 'string') return { text: '', next: from };
  const follow = room.follows.get(claimName(claim));
  const ended = about.done || follow?.observation().is === 'broken';
  const mask = maskSecrets(secretsOf(about.spec, room.options.secrets));
  return readRunLog(room.folders.pathOf(claim), from, { mask, ended });
}

const stillLeaving = (claim: Claim): WizardError =>
  new WizardError(`starting the services of ${claim.environment}: those of before are still being removed`, {
    code: 'services/leaving',
    remedy: 'try-again',
  });
