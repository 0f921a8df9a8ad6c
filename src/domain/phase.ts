import { plainRole } from './claim.ts';
import type { Wish } from './desired.ts';
import type { Phase } from './environment.ts';
import type { Plan, PlannedResource } from './plan.ts';
import { shortSha } from './pull-request.ts';
import type { Resource } from './resource.ts';

export interface Standing {
  readonly phase: Phase;
  readonly because: string;
  /** The commit that the route leads to. */
  readonly liveSha: string | undefined;
}

/** Not seen gone, and wanted or not. */
export const isLive = (resource: Resource): boolean => resource.goneAt === undefined;

/** Why there is no plan although one is wanted: somebody must act, or it comes by itself. */
export interface NoPlan {
  readonly trouble?: string | undefined;
  readonly waits?: string | undefined;
}

/** Where an environment stands, from what is wanted and what was last seen. */
export function standing(
  wish: Wish,
  plan: Plan,
  resources: readonly Resource[],
  { trouble, waits }: NoPlan = {},
): Standing {
  const live = resources.filter(isLive);
  const route = live.find(({ kind, status }) => kind === 'route' && (status === 'ready' || status === 'arriving'));
  const liveSha = typeof route?.facts['revision'] === 'string' ? route.facts['revision'] : undefined;
  if (wish.want === 'gone') {
    if (live.length > 0) return { phase: 'closing', because: wish.because, liveSha };
    return { phase: wish.ended ? 'closed' : 'waiting', because: wish.because, liveSha: undefined };
  }
  if (trouble !== undefined) return { phase: 'failed', because: trouble, liveSha };
  const coming = liveSha === undefined ? 'building' : 'updating';
  if (waits !== undefined) return { phase: coming, because: waits, liveSha };
  const parked = plan
    .map(({ role }) => live.find((resource) => resource.role === role))
    .find((resource) => resource?.parked);
  if (parked?.parked)
    return { phase: 'failed', because: `${plainRole(parked.role)}: ${parked.parked.message}`, liveSha };
  const done = plan.every((planned) =>
    live.some((resource) => resource.role === planned.role && isSettled(resource) && standsOn(resource, planned)),
  );
  if (wish.asleep) {
    const isStill = done && live.length === plan.length && plan.every((planned) => isSwitched(live, planned));
    if (isStill) return { phase: 'asleep', because: wish.because, liveSha };
    return { phase: 'updating', because: 'it is being put to sleep', liveSha };
  }
  if (done && liveSha === wish.sha) return { phase: 'live', because: wish.because, liveSha };
  return { phase: coming, because: `commit ${shortSha(wish.sha)} is on its way`, liveSha };
}

const isSettled = (resource: Resource): boolean => resource.status === 'ready' && resource.acknowledgedAt !== undefined;

/** What is to be off was told so: until then it is ready as it was before. */
const isSwitched = (live: readonly Resource[], { role, spec }: PlannedResource): boolean =>
  spec['power'] !== 'off' || live.some((one) => one.role === role && one.spec['power'] === 'off');

/** The route of a redeployed commit leads to the old process until it is moved: the commit alone does not tell. */
const standsOn = ({ needs }: Resource, { needRoles }: PlannedResource): boolean => {
  const wanted = Object.values(needRoles);
  return needs.every((role) => wanted.includes(role));
};
