import type { Fault, FaultPlan, PortCall } from '../faults.ts';
import { kindsOf } from './kinds.ts';
import type { Outside } from './outside.ts';

const readings = new Set(['observe', 'owned', 'openPullRequests', 'findPullRequest', 'recentlyClosed', 'repository']);
const stores = new Set(['deliveries', 'environments', 'resources', 'timeline', 'announcements']);
/** A database may refuse, lose an answer, or be there when we die; what it answers is true. */
const storeFaults = new Set<Fault['kind']>(['after', 'kill-before', 'kill-after']);
/** How old a stale look at a far resource may be. */
export const oldestLookMs = 2_000;
/** Notes that a run would drown in. */
const dull = new Set(['timeline']);

/** Draws faults by the scenario's shares while there is trouble, and writes every call into the trace. */
export function luckyFaults(outside: Outside, kill: () => void, isTrouble: () => boolean): FaultPlan {
  const { clock, scenario, trace, luck } = outside;
  const traits = new Map(kindsOf(scenario.cloudy).map((kind) => [kind.kind, kind.traits]));
  return {
    clock,
    kill,
    choose(call) {
      const hit = isTrouble() && luck.chance(scenario.faultShare);
      const fault = hit ? allowed(call, drawn()) : undefined;
      if (!dull.has(call.port)) trace.add(clock.monotonic(), describe(call, fault));
      return fault;
    },
  };

  function drawn(): Fault {
    if (luck.chance(scenario.killShare)) return { kind: luck.pick(['kill-before', 'kill-after'] as const) };
    const kind = luck.pick(['before', 'after', 'late', 'slow', 'dup', 'stale', 'partial'] as const);
    if (kind === 'late') return { kind, afterMs: luck.between(1, 20_000) };
    if (kind === 'slow') return { kind, ms: luck.between(100, 90_000) };
    if (kind === 'stale') return { kind, atMostMs: oldestLookMs };
    return { kind };
  }

  /** No port does what its traits exclude: nothing local is late or stale. */
  function allowed(call: PortCall, fault: Fault): Fault {
    const of = traits.get(call.port);
    if (stores.has(call.port)) return storeFaults.has(fault.kind) ? fault : { kind: 'before' };
    if (fault.kind === 'late') {
      const most = call.port === 'announcer' ? 350 : (of?.lateMs ?? 0);
      if (readings.has(call.method) || most === 0) return { kind: 'after' };
      return { kind: 'late', afterMs: Math.min(fault.afterMs, most) };
    }
    if (fault.kind === 'stale') {
      if (call.port === 'code-host' && call.method === 'openPullRequests') return { kind: 'stale', atMostMs: 10_000 };
      return call.method === 'observe' && (of?.visibleAfterMs ?? 0) > 0 ? fault : { kind: 'before' };
    }
    return fault;
  }
}

function describe(call: PortCall, fault: Fault | undefined): string {
  const given = call.given
    .filter((value) => !(typeof value === 'object' && value !== null && 'signal' in value))
    .map((value) => (typeof value === 'function' ? 'change' : JSON.stringify(value)))
    .join(' ');
  const short = given.length > 160 ? `${given.slice(0, 160)}…` : given;
  return `${call.port}.${call.method} ${short}${fault ? `  ** ${JSON.stringify(fault)}` : ''}`;
}
