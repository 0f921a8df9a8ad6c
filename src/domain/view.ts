import { plainRole } from './claim.ts';
import type { Wish } from './desired.ts';
import type { Environment } from './environment.ts';
import { migrationsOf } from './migrations.ts';
import type { News } from './news.ts';
import { isLive } from './phase.ts';
import type { Plan } from './plan.ts';
import type { Resource } from './resource.ts';

/** One resource of the present plan, or one that is still to go. */
export interface StepView {
  readonly name: string;
  readonly role: string;
  readonly kind: string;
  readonly state: 'waiting' | 'working' | 'done' | 'failed' | 'leaving';
  readonly note: string;
  readonly startedAt?: number;
  readonly tookMs?: number;
  readonly usualMs?: number;
  /** Room that it takes for itself, what it shares not counted; missing where nobody has looked. */
  readonly diskBytes?: number;
  readonly lastLines: readonly string[];
  readonly resource?: Resource;
}

/** The steps of the plan in its order, then what is still to go. */
export function stepsOf(
  plan: Plan,
  resources: readonly Resource[],
  usualMs: Readonly<Record<string, number>>,
): StepView[] {
  const live = resources.filter(isLive);
  const wanted = new Set(plan.map(({ role }) => role));
  const planned = plan.map(({ name, role, kind }): StepView => {
    const resource = live.find((one) => one.role === role);
    const usual = usualMs[name];
    const base = { name, role, kind, ...(usual === undefined ? {} : { usualMs: usual }) };
    return resource ? { ...base, ...seen(resource) } : { ...base, state: 'waiting', note: '', lastLines: [] };
  });
  const leaving = live
    .filter(({ role }) => !wanted.has(role))
    .map((resource): StepView => {
      const { role, kind } = resource;
      return { name: plainRole(role), role, kind, ...seen(resource), state: 'leaving' };
    });
  return [...planned, ...leaving];
}

function seen(
  resource: Resource,
): Pick<StepView, 'state' | 'note' | 'lastLines' | 'resource' | 'startedAt' | 'tookMs'> {
  const { parked, status, note, intendedAt, readyAt } = resource;
  const state = parked ? 'failed' : status === 'ready' ? 'done' : status === 'leaving' ? 'leaving' : 'working';
  const took = readyAt === undefined ? {} : { tookMs: readyAt - intendedAt };
  return {
    state,
    note: parked?.message ?? note,
    lastLines: parked?.lastLines ?? [],
    resource,
    startedAt: intendedAt,
    ...took,
  };
}

/**
 * How long it will still take, by the usual lengths along the longest way through what is left. Missing while one of those was never
 * seen: in a repository's first build the steps that are done are known already, and say nothing of what is to come.
 */
export function remainingMs(plan: Plan, steps: readonly StepView[], now: number): number | undefined {
  const byName = new Map(steps.filter(({ state }) => state !== 'leaving').map((step) => [step.name, step]));
  if ([...byName.values()].some(({ state, usualMs }) => state !== 'done' && usualMs === undefined)) return undefined;
  const left = new Map<string, number>();
  for (const { name, needs } of plan) {
    const step = byName.get(name);
    if (!step || step.state === 'done') left.set(name, 0);
    else {
      const elapsed = step.startedAt === undefined ? 0 : Math.max(0, now - step.startedAt);
      const own = Math.max(0, (step.usualMs ?? 0) - elapsed);
      left.set(name, own + Math.max(0, ...needs.map((need) => left.get(need) ?? 0)));
    }
  }
  return Math.max(0, ...left.values());
}

/** The whole state as people are told it. */
export function newsOf(
  environment: Environment,
  urls: Readonly<Record<string, string>>,
  resources: readonly Resource[],
  wanted?: { readonly plan: Plan; readonly wish: Wish },
): News {
  const wish = wanted?.wish;
  const { pull, phase, liveSha, receipt } = environment;
  const address = machineAddress(resources);
  const migrations = migrationsOf(resources);
  const failed = resources.find((resource) => isLive(resource) && resource.parked);
  const failure = failed?.parked
    ? {
        step: plainRole(failed.role),
        message: failed.parked.message,
        lastLines: failed.parked.lastLines,
        remedy: failed.parked.remedy,
        ...(failed.parked.hint ? { hint: failed.parked.hint } : {}),
      }
    : recipeFailure(environment.because);
  return {
    environment: environment.id,
    repository: environment.repository,
    number: environment.number,
    title: pull?.title ?? '',
    author: pull?.author ?? '',
    pullUrl: pull?.url ?? '',
    phase,
    because: environment.because,
    headSha: (wish?.want === 'present' ? wish.sha : pull?.headSha) ?? '',
    ...(liveSha === undefined ? {} : { liveSha }),
    ...(wish?.want === 'present' && wish.awaitsApproval !== undefined ? { awaitsApproval: wish.awaitsApproval } : {}),
    urls: Object.entries(urls).map(([endpoint, url]) => ({ endpoint, url })),
    urlsShowProgress: wanted !== undefined && leadsHereFirst(wanted.plan),
    ...(address === undefined ? {} : { address }),
    ...(phase === 'live' ? { tookMs: environment.phaseSince - environment.wantedSince } : {}),
    ...(phase === 'failed' ? { failure } : {}),
    ...(migrations.length === 0 ? {} : { migrations }),
    ...(receipt ? { receipt } : {}),
    worthAMessage: isWorthAMessage(environment, resources, wish),
  };
}

/** More of a recipe's mistakes than anybody mends in one go are counted only. */
const mostLines = 60;

/** Each mistake of a recipe has lines of its own: where it is, the line as written, and a caret below. */
function recipeFailure(because: string): NonNullable<News['failure']> {
  const [message = '', ...lines] = because.split('\n');
  const left = lines.length - mostLines;
  const rest = left > 0 ? [`… and ${left} lines more`] : [];
  return { step: 'recipe', message, lastLines: [...lines.slice(0, mostLines), ...rest] };
}

/** Whether names lead to the gateway until the application answers, by the wildcard that is there for all of them. */
const leadsHereFirst = (plan: Plan): boolean =>
  plan.every(({ name, needs }) => name !== 'dns' || needs.includes('health'));

/** Of the environment's own machine; of the newer one while two are there. */
function machineAddress(resources: readonly Resource[]): string | undefined {
  const machines = resources.filter((one) => isLive(one) && plainRole(one.role) === 'machine');
  const newest = machines.toSorted((a, b) => (b.readyAt ?? 0) - (a.readyAt ?? 0))[0];
  const address = newest?.facts['address'];
  return typeof address === 'string' ? address : undefined;
}

/** What nobody built and nobody is asked about (a draft, a closed one of before our time) needs no message. */
function isWorthAMessage({ phase }: Environment, resources: readonly Resource[], wish: Wish | undefined): boolean {
  // The phase is of before the look that is under way: the next one is what there is to say.
  if (phase === 'waiting' && wish?.want === 'present') return false;
  if (resources.length > 0) return true;
  const isWanted = phase !== 'waiting' && phase !== 'closing' && phase !== 'closed';
  return isWanted || (wish?.want === 'gone' && wish.awaitsApproval !== undefined);
}
