import { type Claim, claimName } from '../../domain/claim.ts';
import { claimedScript } from '../../domain/machine-script.ts';
import { breakageOf } from '../../domain/observation.ts';
import { describeError, remedyOf } from '../../domain/wizard-error.ts';
import { lastLinesOf } from '../../kit/command-output.ts';
import { pauseUnless } from '../../kit/pause-unless.ts';
import { remoteRoot } from '../../kit/ssh/remote-run.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { failedRun, killedRun } from './failed-run.ts';
import { beginRun, followRun, joinRun, remoteStatus } from './remote-programs.ts';
import type { Room, Task } from './room.ts';
import { logCopy, logSize } from './run-log.ts';
import type { ServicesAbout } from './services-spec.ts';
import { settingsFiles, signedSpec } from './settings-files.ts';

/** One connection follows the run for so long, then another takes over. */
const followSeconds = 300;
const reconnectMs = 1000;
const setupRestMs = 10_000;

interface Following {
  readonly room: Room;
  readonly claim: Claim;
  readonly signal: AbortSignal;
}

/** Sends the settings, sees to it that the run begins, and copies its log until it has ended. */
export function followTask(room: Room, claim: Claim): Task {
  const { shared, clock, log } = room.options;
  const stopping = new AbortController();
  const { signal } = stopping;
  let seen = starting;
  const show = (next: Observation): void => {
    if (next === seen) return;
    seen = next;
    shared.changed({ environment: claim.environment, role: claim.role });
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        const end = await oneTry({ room, claim, signal }, () => show(starting));
        if (end === 'again') continue;
        room.follows.delete(claimName(claim));
        if (end.is === 'broken') room.follows.set(claimName(claim), endedTask(end));
        show(end);
        return;
      } catch (error) {
        if (signal.aborted) return;
        const mayPass = remedyOf(error) === 'try-again';
        log.warn('services.follow', { claim: claimName(claim), error: describeError(error) });
        show(mayPass ? waiting(error) : broken(error));
        await pauseUnless(signal, clock, mayPass ? reconnectMs : setupRestMs);
      }
    }
  };
  return { observation: () => seen, stop: () => stopping.abort(), ended: work() };
}

const starting: Observation = { is: 'arriving', note: 'the services are starting', lookAgainMs: 10_000 };

const waiting = (error: unknown): Observation => ({
  is: 'arriving',
  note: `the services are starting; the machine is out of reach just now (${describeError(error)})`,
  lookAgainMs: 10_000,
});

const broken = (error: unknown): Observation => ({
  is: 'broken',
  ...breakageOf(error),
  lastLines: lastLinesOf(error),
});

const endedTask = (seen: Observation): Task => ({
  observation: () => seen,
  stop: () => undefined,
  ended: Promise.resolve(),
});

/** From what is known to the end of the run, or as far as one connection carries. */
async function oneTry(on: Following, inReach: () => void): Promise<Observation | 'again'> {
  const { room, claim } = on;
  const about = await room.folders.read(claim);
  if (typeof about === 'string') return { is: 'absent' };
  const files = settingsFiles(await signedSpec(about.spec, room.options.presign), room.options.secrets);
  const joined = about.run === undefined && (await joinUserData(on, about, files));
  const run = joined ? about.spec.machineClaim : (about.run ?? (await useOwnRun(on)));
  const own = run === claimName(claim);
  if (!joined)
    await ask(on, about, beginRun(run, files, own ? claimedScript(about.spec.script, run) : undefined), 60_000);
  inReach();
  const directory = room.folders.pathOf(claim);
  const before = await logSize(directory);
  const copy = logCopy(directory, before);
  const { logFrom } = (await room.folders.read(claim)) as ServicesAbout;
  const text = followRun(run, Math.max(0, before - logFrom), followSeconds);
  try {
    const { status, stderr } = await ask(on, about, text, (followSeconds + 60) * 1000, copy.add);
    await copy.settled();
    return await answerTo(on, { status, code: Number(stderr.trim()) });
  } catch (error) {
    await copy.settled();
    throw error;
  }
}

async function answerTo(
  on: Following,
  { status, code }: { status: number; code: number },
): Promise<Observation | 'again'> {
  const { room, claim } = on;
  switch (status) {
    case remoteStatus.done:
      await room.change(claim, (about) => ({ ...about, done: true }));
      room.justDone.add(claimName(claim));
      return { is: 'ready', facts: {}, drift: [] };
    case remoteStatus.failed:
      return failedRun(room, claim, code);
    case remoteStatus.killed:
      return killedRun(room, claim);
    case remoteStatus.unknown:
      // User-data that never came to it, or a machine that was restarted meanwhile.
      await useOwnRun(on);
      return 'again';
    default:
      return 'again';
  }
}

/**
 * The machine's own user-data may run the script, and waits for nothing but the settings; otherwise we begin it. A run of ours would
 * wait for that one's end. What it has ended already was for another generation, if there was one.
 */
async function joinUserData(on: Following, about: ServicesAbout, files: Record<string, string>): Promise<boolean> {
  const { claim, room } = on;
  const run = about.spec.machineClaim;
  const { status } = await ask(on, about, joinRun(run, files, claim.generation === 1), 60_000);
  if (status !== remoteStatus.goesOn) return false;
  await room.change(claim, (kept) => ({ ...kept, run }));
  return true;
}

async function useOwnRun({ room, claim }: Following): Promise<string> {
  const run = claimName(claim);
  const logFrom = await logSize(room.folders.pathOf(claim));
  await room.change(claim, (about) => ({ ...about, run, logFrom }));
  return run;
}

const ask = (
  { room, signal }: Following,
  { spec }: ServicesAbout,
  text: string,
  timeLimitMs: number,
  onOutput?: (piece: Buffer) => void,
) =>
  remoteRoot({ config: spec.ssh, host: spec.host }, text, {
    doing: 'starting the services of the machine',
    ...{ signal, timeLimitMs, clock: room.options.clock, maxOutputBytes: 64 * 1024, overflow: 'keep-tail' },
    allow: (status) => status >= remoteStatus.goesOn && status <= remoteStatus.killed,
    ...(onOutput ? { onOutput } : {}),
  });
