import { claimName } from '../domain/claim.ts';
import { describeError } from '../domain/wizard-error.ts';
import type { StepView } from '../ports/requests.ts';
import type { Heart } from './heart.ts';

/** Older than this it is looked up again when somebody asks. */
const freshMs = 30_000;
/** So long who asks first waits; after that, what is known is told. */
const patienceMs = 250;
const most = 1000;

interface Known {
  readonly at: number;
  readonly bytes: number | undefined;
}

/** How much room resources take, looked up only while somebody looks at them, one after the other. */
export function diskUses({ drivers, clock, log }: Pick<Heart, 'drivers' | 'clock' | 'log'>) {
  const known = new Map<string, Known>();
  const under = new Map<string, Promise<void>>();
  let last: Promise<void> = Promise.resolve();

  async function look(name: string, ask: () => Promise<{ readonly own: number } | undefined>): Promise<void> {
    try {
      const use = await ask();
      if (known.size >= most) known.clear();
      known.set(name, { at: clock.monotonic(), bytes: use?.own });
    } catch (error) {
      log.warn('disk-use.look', { name, error: describeError(error) });
      known.set(name, { at: clock.monotonic(), bytes: known.get(name)?.bytes });
    } finally {
      under.delete(name);
    }
  }

  /** What is known now; begins to look where that is old. */
  function ofStep(step: StepView): { readonly name: string; readonly looking: Promise<void> | undefined } | undefined {
    const { resource, kind, state } = step;
    const driver = drivers.get(kind);
    if (!resource || state !== 'done' || !driver?.diskUse) return undefined;
    const { environment, role, generation } = resource;
    const claim = { environment, role, generation };
    const name = claimName(claim);
    const before = known.get(name);
    const isFresh = before !== undefined && clock.monotonic() - before.at < freshMs;
    if (!isFresh && !under.has(name)) {
      last = last.then(() => look(name, async () => driver.diskUse?.(claim)));
      under.set(name, last);
    }
    return { name, looking: before === undefined ? under.get(name) : undefined };
  }

  return {
    /** The steps with what is known of them. It waits a moment for what was never looked up. */
    async shown(steps: readonly StepView[]): Promise<readonly StepView[]> {
      const asked = steps.map(ofStep);
      const looking = asked.flatMap((one) => one?.looking ?? []);
      if (looking.length > 0) await atMost(Promise.all(looking));
      return steps.map((step, at) => {
        const bytes = known.get(asked[at]?.name ?? '')?.bytes;
        return bytes === undefined ? step : { ...step, diskBytes: bytes };
      });
    },
  };

  async function atMost(looking: Promise<unknown>): Promise<void> {
    let cancel = (): void => undefined;
    const pause = new Promise<void>((resolve) => {
      cancel = clock.after(patienceMs, resolve);
    });
    await Promise.race([looking, pause]);
    cancel();
  }
}
