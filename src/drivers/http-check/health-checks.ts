import { type Claim, claimName } from '../../domain/claim.ts';
import { canonical, type JsonObject } from '../../domain/json.ts';
import { type HealthWatch, lookOnce, watchHealth } from '../../kit/health-watch.ts';
import type { Health } from '../../kit/http-question.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import { askTargets } from './ask-targets.ts';
import { httpCheckSpecOf } from './http-check-spec.ts';

export interface HealthChecksOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** It answers as it should. */
  readonly changed: (claim: Claim) => void;
}

/** What is known of each check: only in memory, since asking again costs next to nothing. */
export interface HealthChecks {
  /** Begins to ask, anew when it is asked already. */
  begin(claim: Claim, spec: JsonObject): void;
  /** What was seen last; begins to ask where nobody does, and looks once more at what was healthy some time ago. */
  look(claim: Claim, spec: JsonObject, signal: AbortSignal): Promise<Health>;
  drop(claim: Claim): void;
  close(): void;
}

type Check = { readonly of: string } & (
  | { readonly is: 'asking'; readonly watch: HealthWatch; readonly since: string }
  | { readonly is: 'good'; readonly at: number }
  /** Nobody may ever come to mend it: it is asked again when somebody looks. */
  | { readonly is: 'given-up'; readonly saw: string }
);

/** How long to ask four times a second. */
const askForMs = 15 * 60_000;
const goodForMs = 30_000;
const lookLimitMs = 2000;

export function healthChecks({ clock, log, changed }: HealthChecksOptions): HealthChecks {
  const checks = new Map<string, Check>();
  let closed = false;

  const drop = (claim: Claim): void => {
    const check = checks.get(claimName(claim));
    if (check?.is === 'asking') check.watch.stop();
    checks.delete(claimName(claim));
  };
  const begin = (claim: Claim, spec: JsonObject, since = ''): void => {
    drop(claim);
    if (closed) return;
    const name = claimName(claim);
    const of = canonical(spec);
    const wanted = httpCheckSpecOf(spec);
    const watch = watchHealth({
      clock,
      probe: (signal) => askTargets(wanted, signal),
      limitMs: askForMs,
      onHealthy: () => {
        checks.set(name, { of, is: 'good', at: clock.monotonic() });
        changed(claim);
      },
      onLate: (saw) => void checks.set(name, { of, is: 'given-up', saw }),
      onError: (error) => log.error('http-check.look', { claim: name, error }),
    });
    checks.set(name, { of, is: 'asking', watch, since });
  };
  const isStillGood = async (spec: JsonObject, signal: AbortSignal): Promise<Health> => {
    const wanted = httpCheckSpecOf(spec);
    const once = () => lookOnce((limit) => askTargets(wanted, limit), clock, lookLimitMs, signal);
    // A connection may be lost by chance.
    const first = await once();
    return first.healthy || signal.aborted ? first : once();
  };

  return {
    begin,
    async look(claim, spec, signal) {
      const known = checks.get(claimName(claim));
      if (known?.of !== canonical(spec)) begin(claim, spec);
      const check = checks.get(claimName(claim));
      if (check?.is === 'asking') return { healthy: false, saw: check.since + check.watch.saw() };
      if (check?.is === 'given-up') {
        begin(claim, spec);
        return { healthy: false, saw: check.saw };
      }
      if (!check) return { healthy: false, saw: 'nobody asks any more' };
      if (clock.monotonic() - check.at < goodForMs) return { healthy: true };
      const seen = await isStillGood(spec, signal);
      signal.throwIfAborted();
      if (checks.get(claimName(claim)) !== check) return seen;
      if (seen.healthy) checks.set(claimName(claim), { ...check, at: clock.monotonic() });
      else begin(claim, spec, lostNote);
      return seen.healthy ? seen : { healthy: false, saw: lostNote + seen.saw };
    },
    drop,
    close() {
      closed = true;
      for (const check of checks.values()) if (check.is === 'asking') check.watch.stop();
      checks.clear();
    },
  };
}

const lostNote = 'it worked, and does not any more: ';
