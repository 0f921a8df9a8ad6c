import { connect } from 'node:net';
import { type Breakage, breakageOf } from '../../domain/observation.ts';
import { codeOf, describeError, remedyOf, WizardError } from '../../domain/wizard-error.ts';
import { lastLinesOf } from '../../kit/command-output.ts';
import { pauseUnless } from '../../kit/pause-unless.ts';
import { signIn } from '../../kit/ssh/first-login.ts';
import { pinnedKeys, type SshLogin } from '../../kit/ssh/ssh-login.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Observation } from '../../ports/resource-driver.ts';

/** Between two tries while nothing listens there: they cost next to nothing. */
const knockEveryMs = 100;
const knockLimitMs = 1000;
/** After a refused key: first soon, then so seldom that sshd does not shut us out for it. */
const refusedPausesMs = [1000, 3000];
const refusedRestMs = 7000;
/** Between two questions for the host keys of a machine that answers already. */
const askKeysEveryMs = 250;
/** A machine that still boots may refuse a key that it is about to learn. */
export const refusedForMs = 2 * 60_000;

export interface LoginWait {
  observation(): Observation;
  stop(): void;
  /** Never rejects. */
  readonly ended: Promise<void>;
}

export interface LoginWaitAbout {
  readonly login: SshLogin;
  readonly port: number;
  readonly user: string;
  /** Of `wizard.yml`: `machines.preview`. */
  readonly entry: string;
  readonly bootLimitMs: number;
  /** How long its host keys are waited for from its first answer on; then the one that it shows is believed. */
  readonly hostKeyWaitMs: number;
  readonly clock: Clock;
  /** Called once, when a login worked. */
  readonly worked: () => Promise<void>;
  /** Called when there is something new to see. */
  readonly changed: () => void;
  /** Called when its host keys should be looked for. */
  readonly keysWanted: () => void;
  /** Called with what is wrong when it has not answered within its time, and without when it does, or nobody knocks any more. */
  readonly silent: (breakage?: Breakage) => void;
}

/** Knocks until the machine answers, then signs in until that works; it goes on trying until it is stopped. */
export function loginWait(about: LoginWaitAbout): LoginWait {
  const { login, port, user, bootLimitMs, hostKeyWaitMs, clock, changed } = about;
  const stopping = new AbortController();
  const { signal } = stopping;
  let seen: Observation = arriving(`the machine is booting: it does not answer on port ${port} yet`);
  /** When it answered last, or we began to knock. */
  let silentSince = clock.monotonic();
  let firstAnswer: number | undefined;
  let refusedSince: number | undefined;
  let refusals = 0;
  const pause = (ms: number): Promise<void> => pauseUnless(signal, clock, ms);
  const show = (next: Observation): void => {
    const news = JSON.stringify(next) !== JSON.stringify(seen);
    seen = next;
    if (news) changed();
  };
  const failed = (error: unknown): number => {
    const code = codeOf(error);
    if (remedyOf(error) === 'try-again') {
      show(arriving(`the machine does not let us in yet: ${describeError(error)}`));
      return knockEveryMs * 5;
    }
    refusedSince ??= clock.monotonic();
    const patient = code === 'ssh/refused' || code === 'ssh/no-shell';
    if (patient && clock.monotonic() - refusedSince < refusedForMs)
      show(arriving(`the machine answers, but does not let ${user} in yet`));
    else show(brokenBy(error));
    refusals += 1;
    return refusedPausesMs[refusals - 1] ?? refusedRestMs;
  };
  // Told of the machine, and of the login only when it is looked at: so the machine comes first, and is what people hear of.
  const giveUp = (): void => {
    const breakage = breakageOf(neverAnswered(about));
    seen = { is: 'broken', ...breakage };
    about.silent(breakage);
  };
  const work = async (): Promise<void> => {
    while (!signal.aborted) {
      if (!(await answers(login.host, port, signal))) {
        if (clock.monotonic() - silentSince >= bootLimitMs) giveUp();
        await pause(knockEveryMs);
        continue;
      }
      silentSince = clock.monotonic();
      firstAnswer ??= silentSince;
      about.silent();
      try {
        if (silentSince - firstAnswer < hostKeyWaitMs && (await pinnedKeys(login.config)).length === 0) {
          show(arriving('the machine answers; its host keys are looked for'));
          about.keysWanted();
          await pause(askKeysEveryMs);
          continue;
        }
        await signIn(login, { signal, clock });
        await about.worked();
        changed();
        return;
      } catch (error) {
        if (!signal.aborted) await pause(failed(error));
      }
    }
  };
  const stop = (): void => {
    stopping.abort();
    about.silent();
  };
  return { observation: () => seen, stop, ended: work() };
}

const neverAnswered = ({ port, entry, bootLimitMs }: LoginWaitAbout): WizardError =>
  new WizardError(`the machine has not answered on port ${port} within ${Math.round(bootLimitMs / 1000)} s`, {
    code: 'ssh/never-answered',
    remedy: 'fix-setup',
    hint: `Is it on, and may this server reach that port? If it only takes longer, raise the boot-limit of ${entry} in wizard.yml.`,
  });

const arriving = (note: string): Observation => ({ is: 'arriving', note, lookAgainMs: 5000 });

/** What to show of an error that people must mend. */
export function brokenBy(error: unknown): Observation {
  return { is: 'broken', ...breakageOf(error), lastLines: lastLinesOf(error) };
}

/** Whether something listens there. Never rejects. */
function answers(host: string, port: number, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: knockLimitMs });
    const end = (answer: boolean) => (): void => {
      signal.removeEventListener('abort', onAbort);
      socket.destroy();
      resolve(answer);
    };
    const onAbort = end(false);
    signal.addEventListener('abort', onAbort, { once: true });
    socket.once('connect', end(true)).once('timeout', end(false)).once('error', end(false));
    if (signal.aborted) onAbort();
  });
}
