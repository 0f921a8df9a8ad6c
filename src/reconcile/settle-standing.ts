import { plainRole } from '../domain/claim.ts';
import type { Environment, Phase, Receipt } from '../domain/environment.ts';
import { standing } from '../domain/phase.ts';
import type { Resource } from '../domain/resource.ts';
import type { Heart } from './heart.ts';
import type { WantedPlan } from './read-pull.ts';

/** Writes down where the environment stands when that changed, and tells whoever watches. The receipt comes when all is seen gone. */
export async function settleStanding(
  heart: Heart,
  environment: Environment,
  { wish, plan, trouble, waits }: WantedPlan,
  resources: readonly Resource[],
): Promise<void> {
  const now = standing(wish, plan, resources, { trouble, waits: waits?.because });
  const same =
    now.phase === environment.phase && now.because === environment.because && now.liveSha === environment.liveSha;
  if (same) return;
  const at = heart.clock.now();
  const moved = now.phase !== environment.phase;
  const closed = moved && now.phase === 'closed';
  const reopened = environment.phase === 'closed' && moved;
  const began = isOnItsWay(now.phase) && !isOnItsWay(environment.phase);
  // A push is wanted from its reading on; what else makes it begin (people, an approval, a label) is not older than the phase before.
  const wantedAnew = began && environment.wantedSince <= environment.phaseSince;
  try {
    await heart.store.environments.update(environment.id, {
      phase: now.phase,
      because: now.because,
      liveSha: now.liveSha,
      ...(moved ? { phaseSince: at } : {}),
      ...(closed ? { closedAt: at, receipt: receiptOf(environment, resources, at) } : {}),
      ...(reopened ? { closedAt: undefined, receipt: undefined, createdAt: at } : {}),
      ...(wantedAnew ? { wantedSince: at } : {}),
    });
  } finally {
    // Whatever became of it: nobody else would say that it changed.
    heart.changes.publish(environment.id);
  }
  if (moved) {
    const tookMs = now.phase === 'live' ? at - environment.wantedSince : undefined;
    const details = { liveSha: now.liveSha ?? null, from: environment.phase };
    await heart.store.timeline.add({
      environment: environment.id,
      at,
      about: 'environment',
      what: 'phase',
      message: `${now.phase}: ${now.because}`,
      tookMs,
      details,
    });
    heart.log.info('environment.phase', {
      environment: environment.id,
      phase: now.phase,
      because: now.because,
      tookMs,
    });
    heart.changes.publish(environment.id);
  }
}

const isOnItsWay = (phase: Phase): boolean => phase === 'building' || phase === 'updating';

function receiptOf(environment: Environment, resources: readonly Resource[], closedAt: number): Receipt {
  const mine = resources.filter(
    ({ goneAt, intendedAt }) => goneAt !== undefined && goneAt >= environment.createdAt && intendedAt > 0,
  );
  return {
    openedAt: environment.createdAt,
    closedAt,
    resources: mine.map(({ role, kind, intendedAt, goneAt = closedAt }) => ({
      role: plainRole(role),
      kind,
      madeAt: intendedAt,
      goneAt,
    })),
  };
}
