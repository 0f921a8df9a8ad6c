import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import { dueAt } from './bake-rules.ts';
import type { SourceBakes } from './source-bakes.ts';

export interface KeptSchedule {
  /** To be called when something that counts has changed: at the start, and after each bake. */
  look(): void;
  /** When it is due next; missing without a schedule. */
  dueAt(): Promise<number | undefined>;
  stop(): void;
}

/** A timer that is looked at this often follows the wall clock, wherever somebody puts it. */
const longestRestMs = 10 * 60_000;

/** Begins a bake whenever the schedule of a source is due. */
export function keepSchedule(name: string, source: SourceBakes, clock: Clock, log: Log): KeptSchedule {
  let cancel = (): void => undefined;
  let stopped = false;

  async function due(): Promise<number | undefined> {
    const { plan, folder } = source;
    if (plan.schedule === undefined) return undefined;
    const since = await folder.scheduledSince(`${plan.schedule} ${plan.timeZone}`, clock.now());
    return dueAt(plan, since, await folder.records());
  }

  async function pass(): Promise<void> {
    const at = await due();
    // At its end we are called again.
    if (at === undefined || stopped || source.running()) return;
    if (at <= clock.now()) await source.begin('schedule');
    else rest(at - clock.now());
  }

  function rest(ms: number): void {
    cancel();
    if (!stopped) cancel = clock.after(Math.min(ms, longestRestMs), look);
  }

  function look(): void {
    cancel();
    if (stopped) return;
    pass().catch((error: unknown) => {
      log.warn('data.bake-schedule', { source: name, error: describeError(error) });
      rest(longestRestMs);
    });
  }

  return {
    look,
    dueAt: due,
    stop() {
      stopped = true;
      cancel();
    },
  };
}
