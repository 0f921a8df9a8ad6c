import type { EnvironmentId } from '../domain/claim.ts';
import type { Environment } from '../domain/environment.ts';
import { canonical } from '../domain/json.ts';
import { isLive } from '../domain/phase.ts';
import type { Resource } from '../domain/resource.ts';
import { isFound } from '../domain/stands-on.ts';
import { afterMsOf, describeError } from '../domain/wizard-error.ts';
import { backOffMs } from './back-off.ts';
import type { Heart } from './heart.ts';
import { heldBack } from './held-back.ts';
import { readPull, type WantedPlan, wantedPlan } from './read-pull.ts';
import { settleStanding } from './settle-standing.ts';
import { stepInputs } from './step-inputs.ts';
import { type Steps, steps } from './steps.ts';
import { withUnlisted } from './unlisted.ts';
import { type WorkResult, workQueue } from './work-queue.ts';

/** Keeps every environment moving to its plan. Whoever wants something changed writes it down and then calls `look`. */
export interface EnvironmentLoop {
  /** Something may have changed: look soon. */
  look(id: EnvironmentId): void;
  /** A driver heard of one resource. */
  lookAt(id: EnvironmentId, role: string): void;
  /** The plan as last made; missing before the first pass. */
  planOf(id: EnvironmentId): WantedPlan | undefined;
  idle(): boolean;
  /** Starts nothing more, aborts the calls under way, and resolves when they ended. What runs outside goes on. */
  stop(): Promise<void>;
}

/** What this process remembers of one environment; lost with it, and harmless to lose. */
interface Memory {
  readonly steps: Steps;
  wanted: WantedPlan | undefined;
  read: boolean;
  /** When the commit was told to be gone that the head was read anew for. */
  supersededAt: number | undefined;
}

const environmentsAtOnce = 16;
const unclearMs = 1000;

export function environmentLoop(heart: Heart): EnvironmentLoop {
  const memories = new Map<EnvironmentId, Memory>();
  const ending = new AbortController();
  const queue = workQueue<EnvironmentId>({
    clock: heart.clock,
    atOnce: environmentsAtOnce,
    work: pass,
    failed: (id, error, times) => {
      heart.log.warn('environment.look-failed', { environment: id, error: describeError(error), times });
      return afterMsOf(error) ?? backOffMs(times, heart.random());
    },
  });

  const memoryOf = (id: EnvironmentId): Memory => {
    const known = memories.get(id) ?? {
      steps: steps(heart, ending.signal, (afterMs) => (afterMs > 0 ? queue.addAfter(id, afterMs) : queue.add(id))),
      wanted: undefined,
      read: false,
      supersededAt: undefined,
    };
    memories.set(id, known);
    return known;
  };

  /** One look at one environment: read, plan, and start a step for every resource that is due. It waits for no driver. */
  async function pass(id: EnvironmentId): Promise<WorkResult> {
    const found = await heart.store.environments.find(id);
    if (!found || ending.signal.aborted) return {};
    if (isUnclear(heart, found)) return { againMs: unclearMs };
    const memory = memoryOf(id);
    const { environment, unread } = await readIfAsked(found, memory);
    const resources = await heart.store.resources.of(id);
    const supersededAt = supersededSince(resources);
    if (supersededAt !== undefined && supersededAt !== memory.supersededAt) {
      memory.supersededAt = supersededAt;
      memory.read = false;
      return { againMs: 0 };
    }
    const held = await heldBack(heart, environment);
    const wanted = withReason(await wantedPlan(heart, environment, resources, ending.signal), held);
    memory.wanted = wanted;
    const named = await nameHosts(heart, environment, wanted);
    const moves = held === undefined && mayMove(heart, named);
    const { incomplete, tooEarly } = unlisted(heart, id, wanted, resources);
    const live = new Set(resources.filter(isLive).map(({ role }) => role));
    if (moves) memory.steps.start(stepInputs(named, wanted.plan, resources, incomplete), live);
    const known = withUnlisted(heart, id, wanted.plan, resources);
    if (!tooEarly) await settleStanding(heart, named, wanted, known);
    if (unread !== undefined) throw unread;
    if (named.phase === 'closed' && memory.steps.underWay() === 0 && !resources.some(isLive)) memories.delete(id);
    const nextMs = soonest(moves ? memory.steps.nextMs() : undefined, wanted.waits?.againMs);
    const againMs = incomplete || tooEarly ? Math.min(unclearMs, nextMs ?? unclearMs) : nextMs;
    return againMs === undefined ? {} : { againMs };
  }

  /** When the pull request cannot be read, what was wanted before goes on; the failure is told at the end and tried again. */
  async function readIfAsked(
    found: Environment,
    memory: Memory,
  ): Promise<{ environment: Environment; unread?: unknown }> {
    if (found.requested === found.observed && memory.read) return { environment: found };
    try {
      const environment = await readPull(heart, found, ending.signal);
      memory.read = true;
      memory.steps.forget();
      return { environment };
    } catch (unread) {
      if (!found.pull) throw unread;
      return { environment: found, unread };
    }
  }

  return {
    look: (id) => queue.add(id),
    lookAt: (id, role) => {
      const memory = memories.get(id);
      const planned = memory?.wanted?.plan.find((one) => one.role === role);
      memory?.steps.hear(role, Object.values(planned?.needRoles ?? {}));
      queue.add(id);
    },
    planOf: (id) => memories.get(id)?.wanted,
    idle: () => queue.idle() && [...memories.values()].every((memory) => memory.steps.underWay() === 0),
    stop: async () => {
      ending.abort(new Error('the server is stopping'));
      await queue.stop();
      await Promise.all([...memories.values()].map((memory) => memory.steps.ended()));
    },
  };
}

const soonest = (...waits: readonly (number | undefined)[]): number | undefined =>
  waits.reduce((a, b) => (a === undefined || b === undefined ? (a ?? b) : Math.min(a, b)), undefined);

async function nameHosts(heart: Heart, environment: Environment, { hosts }: WantedPlan): Promise<Environment> {
  if (canonical(hosts) === canonical(environment.hosts)) return environment;
  await heart.store.environments.update(environment.id, { hosts });
  heart.changes.publish(environment.id);
  return { ...environment, hosts };
}

const withReason = (wanted: WantedPlan, held: string | undefined): WantedPlan =>
  held === undefined ? wanted : { ...wanted, wish: { ...wanted.wish, because: held } };

/** Until every repository was listed, one that we do not know yet may be configured, and an orphan may be claimed: nothing is decided. */
const isUnclear = (heart: Heart, { repository }: Environment): boolean =>
  heart.repositories.byId(repository.id) === undefined && !heart.repositories.complete();

/** When the commit was told to be pushed away: before anybody hears of a failure the head is read anew, once. */
const supersededSince = (resources: readonly Resource[]): number | undefined =>
  resources.find((one) => isLive(one) && one.parked?.code === 'checkout/superseded')?.parked?.at;

/** A pull request of ours that was never read says nothing about what should be there. */
const mayMove = (heart: Heart, { repository, pull }: Environment): boolean =>
  heart.repositories.byId(repository.id) === undefined || pull !== undefined;

/**
 * While our records may be lost: whether more may be there than we know (`incomplete`), and whether it is `tooEarly` to say that
 * nothing is left.
 */
function unlisted(
  { drivers, inventory }: Heart,
  id: EnvironmentId,
  { wish }: WantedPlan,
  resources: readonly Resource[],
): { readonly incomplete: boolean; readonly tooEarly: boolean } {
  if ([...drivers.keys()].every((kind) => inventory.has(kind))) return { incomplete: false, tooEarly: false };
  const live = resources.filter(isLive);
  return {
    incomplete: live.some((one) => isFound(one) || inventory.hasFound(id)),
    tooEarly: live.length === 0 && wish.want === 'gone' && wish.ended,
  };
}
