import { WizardError } from '../src/domain/wizard-error.ts';
import type { Clock } from '../src/ports/clock.ts';

/** What goes wrong with one call. */
export type Fault =
  /** Fails, without effect. */
  | { readonly kind: 'before' }
  /** Has its effect, then fails: a lost answer. */
  | { readonly kind: 'after' }
  /** Fails now; the effect lands later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  | { readonly kind: 'slow'; readonly ms: number }
  /** Happens twice. */
  | { readonly kind: 'dup' }
  /** Answers what an equal call was answered before, at most so long ago. */
  | { readonly kind: 'stale'; readonly atMostMs: number }
  /** A listing breaks off half way and throws. */
  | { readonly kind: 'partial' }
  /** The server dies before the call, or after its effect. */
  | { readonly kind: 'kill-before' }
  | { readonly kind: 'kill-after' };

/** One call at a port, as whoever plans faults sees it. */
export interface PortCall {
  readonly port: string;
  readonly method: string;
  readonly given: readonly unknown[];
}

export interface FaultPlan {
  readonly clock: Clock;
  /** Asked at every call, in order: the same answers make the same run. */
  choose(call: PortCall): Fault | undefined;
  kill(): void;
  /** Who lives now. What is slow does not happen once its caller is dead; missing: callers do not die. */
  life?(): object;
}

interface Doing extends PortCall {
  readonly plan: FaultPlan;
  readonly past: Past;
  /** Calls the real thing. */
  act(): unknown;
}

interface PastAnswer {
  readonly at: number;
  readonly answer: unknown;
}
type Past = Map<string, PastAnswer[]>;

/** The same port, failing as planned. What it does not have, the decorated one has neither. */
export function withFaults<Port extends object>(port: Port, name: string, plan: FaultPlan): Port {
  const past: Past = new Map();
  return new Proxy(port, {
    get(target, key) {
      const value: unknown = Reflect.get(target, key);
      if (typeof value !== 'function' || typeof key !== 'string') return value;
      return (...given: unknown[]): unknown => {
        const act = (): unknown => Reflect.apply(value, target, given);
        const doing: Doing = { port: name, method: key, given, plan, past, act };
        const fault = plan.choose(doing);
        return key === 'owned' ? listing(doing, fault) : faulty(doing, fault);
      };
    },
  });
}

async function faulty(doing: Doing, fault: Fault | undefined): Promise<unknown> {
  const { plan, act } = doing;
  switch (fault?.kind) {
    case undefined:
      return remember(doing, await act());
    case 'before':
    case 'partial':
      throw failure(doing, 'refused');
    case 'after':
      await act();
      throw failure(doing, 'its answer was lost');
    case 'late':
      plan.clock.after(fault.afterMs, () => void ignoringErrors(act));
      throw failure(doing, 'no answer in time');
    case 'slow':
      await slowly(doing, fault.ms);
      return remember(doing, await act());
    case 'dup':
      await act();
      return act();
    case 'stale':
      return recall(doing, fault.atMostMs) ?? remember(doing, await act());
    case 'kill-before':
      plan.kill();
      return new Promise(() => undefined);
    case 'kill-after':
      await ignoringErrors(act);
      plan.kill();
      return new Promise(() => undefined);
  }
}

async function* listing(doing: Doing, fault: Fault | undefined): AsyncIterable<unknown> {
  const { plan } = doing;
  if (fault?.kind === 'before') throw failure(doing, 'refused');
  if (fault?.kind === 'slow') await slowly(doing, fault.ms);
  if (fault?.kind === 'kill-before') plan.kill();
  const items = await Array.fromAsync(doing.act() as AsyncIterable<unknown>);
  const cut = fault?.kind === 'partial' || fault?.kind === 'kill-after' || fault?.kind === 'after';
  yield* cut ? items.slice(0, Math.floor(items.length / 2)) : items;
  if (fault?.kind === 'kill-after') plan.kill();
  if (cut) throw failure(doing, 'it broke off');
}

/** A late or last effect has nobody who hears of its failure. */
async function ignoringErrors(act: () => unknown): Promise<void> {
  await Promise.allSettled([(async () => act())()]);
}

async function slowly({ plan }: Doing, ms: number): Promise<void> {
  const caller = plan.life?.();
  await later(plan.clock, ms);
  if (plan.life?.() !== caller) await new Promise(() => undefined);
}

const later = (clock: Clock, ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));

const keyOf = ({ method, given }: PortCall): string =>
  `${method} ${JSON.stringify(given.filter((value) => !isCall(value)))}`;

const isCall = (value: unknown): boolean => typeof value === 'object' && value !== null && 'signal' in value;

function remember<Answer>(doing: Doing, answer: Answer): Answer {
  const key = keyOf(doing);
  const answers = doing.past.get(key) ?? [];
  answers.push({ at: doing.plan.clock.monotonic(), answer });
  if (answers.length > 5) answers.shift();
  doing.past.set(key, answers);
  return answer;
}

/** The oldest answer that is not too old: as far back as a stale look may be. */
const recall = (doing: Doing, atMostMs: number): unknown =>
  doing.past.get(keyOf(doing))?.find(({ at }) => at >= doing.plan.clock.monotonic() - atMostMs)?.answer;

const failure = ({ port, method }: PortCall, why: string): WizardError =>
  new WizardError(`${port} ${method}: ${why}`, { code: 'fault/injected', remedy: 'try-again' });
