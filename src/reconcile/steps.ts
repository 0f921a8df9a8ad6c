import { canonical } from '../domain/json.ts';
import type { Resource } from '../domain/resource.ts';
import { afterMsOf, codeOf, describeError, hintOf, remedyOf, WizardError } from '../domain/wizard-error.ts';
import { backOffMs, longestBackOffMs } from './back-off.ts';
import type { Heart } from './heart.ts';
import { type Looked, park, resourceStep, type StepInput } from './resource-step.ts';
import { type SteadyTimes, steadyTimes } from './steady-times.ts';

/** The looks at one environment's resources that are under way, side by side, and when each role is to be looked at again. */
export interface Steps {
  /** Starts what is due, and aborts what works towards something that is no longer wanted. `live`: all that may be there. */
  start(inputs: ReadonlyMap<string, StepInput>, live: ReadonlySet<string>): void;
  /** Look at all of them at the next start. */
  forget(): void;
  /** Something was heard of this role: look at it at the next start, and if it was ready also at what it stands on, which may be why. */
  hear(role: string, needs: readonly string[]): void;
  /** Milliseconds until the next role is due; missing: none is. */
  nextMs(): number | undefined;
  /** Resolves when none is under way. */
  ended(): Promise<void>;
  underWay(): number;
}

interface Step {
  readonly abort: AbortController;
  readonly towards: string;
  /** Something was heard of the resource while we looked: what we saw may be old, so we look again at once. */
  outdated: boolean;
}

/** `again` is called when one ended, with the time after which to start what is due. */
export function steps(heart: Heart, ending: AbortSignal, again: (afterMs: number) => void): Steps {
  const running = new Map<string, Step>();
  const runs = new Set<Promise<void>>();
  /** Monotonic time of the next look, what the last one worked towards, and whether it found it ready. */
  const rests = new Map<string, { at: number; towards: string; ready?: boolean }>();
  const times = steadyTimes(heart.clock);

  const begin = (input: StepInput): void => {
    const step: Step = { abort: new AbortController(), towards: towards(input), outdated: false };
    running.set(input.role, step);
    const run = takeStep(heart, input, AbortSignal.any([step.abort.signal, ending])).then(({ againMs, quiet, saw }) => {
      running.delete(input.role);
      const restMs = step.outdated ? 0 : againMs;
      rests.set(input.role, { at: heart.clock.monotonic() + restMs, towards: step.towards, ready: saw === 'ready' });
      if (saw === 'broken') for (const need of Object.values(input.planned?.needRoles ?? {})) outdate(need);
      // After a look that changed nothing only the next one is due, unless something else was heard or wanted meanwhile.
      again(quiet && !step.outdated && !step.abort.signal.aborted ? restMs : 0);
    });
    runs.add(run);
    void run.finally(() => runs.delete(run));
  };

  const outdate = (role: string): void => {
    const step = running.get(role);
    if (step) step.outdated = true;
    rests.delete(role);
  };

  const isDue = (input: StepInput): boolean => {
    const notBefore = (input.known?.notBefore ?? 0) - heart.clock.now();
    const rest = rests.get(input.role);
    const changed = rest !== undefined && rest.towards !== towards(input);
    if (rest && changed) rests.delete(input.role);
    if (!changed && isParkedForGood(input)) {
      rests.set(input.role, { at: Number.POSITIVE_INFINITY, towards: towards(input) });
      return false;
    }
    if (notBefore > 0 && input.planned) {
      rests.set(input.role, { at: heart.clock.monotonic() + notBefore, towards: towards(input) });
      return false;
    }
    return changed || rest === undefined || rest.at <= heart.clock.monotonic();
  };

  return {
    start(inputs, live) {
      for (const [role, step] of running) {
        if (step.towards !== towards(inputs.get(role))) step.abort.abort(new Error('what is wanted has changed'));
      }
      for (const role of rests.keys()) if (!inputs.has(role)) rests.delete(role);
      times.keep({ has: (role) => inputs.has(role) || live.has(role) });
      for (const written of inputs.values()) {
        if (running.has(written.role)) continue;
        const input = { ...written, known: written.known && steady(times, written.known) };
        if (isDue(input)) begin(input);
      }
    },
    forget() {
      for (const step of running.values()) step.outdated = true;
      rests.clear();
    },
    hear(role, needs) {
      for (const one of rests.get(role)?.ready ? [role, ...needs] : [role]) outdate(one);
    },
    nextMs() {
      const soonest = Math.min(...[...rests].filter(([role]) => !running.has(role)).map(([, { at }]) => at));
      return Number.isFinite(soonest) ? Math.max(0, soonest - heart.clock.monotonic()) : undefined;
    },
    ended: async () => void (await Promise.all(runs)),
    underWay: () => running.size,
  };
}

/** With its times as they are by the clock of now. */
const steady = (times: SteadyTimes, known: Resource): Resource => ({
  ...known,
  intendedAt: times.read(known.role, 'intended', known.intendedAt, 0),
  acknowledgedAt: known.acknowledgedAt && times.read(known.role, 'acknowledged', known.acknowledgedAt, 0),
  readyAt: known.readyAt && times.read(known.role, 'ready', known.readyAt, 0),
  notBefore: times.read(known.role, 'not before', known.notBefore, longestBackOffMs),
});

/** What a step works towards: when this changes, the step is aborted and the role looked at afresh. */
const towards = (input: StepInput | undefined): string =>
  input?.planned ? canonical({ spec: input.spec ?? {}, needs: input.planned.needRoles }) : 'gone';

/** Parked until there is other input. What is to go never rests, and what the operator can mend is looked at now and then. */
const isParkedForGood = ({ planned, known }: StepInput): boolean =>
  planned !== undefined &&
  known?.parked !== undefined &&
  known.goneAt === undefined &&
  known.parked.remedy !== 'fix-setup';

async function takeStep(heart: Heart, input: StepInput, signal: AbortSignal): Promise<Looked> {
  try {
    const driver = heart.drivers.get(input.kind);
    if (!driver)
      throw new WizardError(`no driver is called ${input.kind}`, {
        code: 'recipe/unknown-driver',
        remedy: 'fix-setup',
      });
    return await resourceStep(heart, input, driver, signal);
  } catch (error) {
    if (signal.aborted) return { againMs: 0, quiet: false, saw: 'arriving' };
    return { againMs: await failed(heart, input, error), quiet: false, saw: 'broken' };
  }
}

/** Notes the failure and answers when to try again. That even this may fail (a store that is down) must not stop the loop. */
async function failed(heart: Heart, input: StepInput, error: unknown): Promise<number> {
  const { environment, role } = input;
  const remedy = remedyOf(error);
  heart.log.warn('resource.failed', { environment: environment.id, role, error: describeError(error), remedy });
  try {
    const known = (await heart.store.resources.of(environment.id)).find((resource) => resource.role === role);
    if (input.planned && remedy !== 'try-again' && known) {
      const hint = hintOf(error);
      const parked = {
        remedy,
        code: codeOf(error),
        message: describeError(error),
        lastLines: [],
        at: heart.clock.now(),
        ...(hint ? { hint } : {}),
      };
      return await park(heart, { ...input, known }, parked);
    }
    const failures = (known?.failures ?? 0) + 1;
    const waitMs = afterMsOf(error) ?? backOffMs(failures, heart.random());
    if (known)
      await heart.store.resources.note(environment.id, role, {
        failures,
        note: describeError(error),
        notBefore: heart.clock.now() + waitMs,
      });
    return waitMs;
  } catch (worse) {
    heart.log.error('resource.failure-not-noted', { environment: environment.id, role, error: describeError(worse) });
    return backOffMs(3, heart.random());
  }
}
