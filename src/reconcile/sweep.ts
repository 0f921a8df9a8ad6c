import type { Claim, EnvironmentId } from '../domain/claim.ts';
import { codeOf, describeError, hintOf, remedyOf } from '../domain/wizard-error.ts';
import { type Heart, withLimit } from './heart.ts';

const listLimitMs = 5 * 60_000;

/**
 * Lists everything that bears our label and gives what the journal lacks to the loop, which keeps or removes it like anything else.
 * A listing that fails changes nothing; after the others it is thrown.
 */
export async function sweep(heart: Heart, signal: AbortSignal, look: (id: EnvironmentId) => void): Promise<void> {
  const kinds = [...heart.drivers.keys()];
  const swept = await Promise.allSettled(kinds.map((kind) => sweepKind(heart, kind, signal, look)));
  const failed = swept.find((one) => one.status === 'rejected');
  if (failed) throw failed.reason;
}

async function sweepKind(
  heart: Heart,
  kind: string,
  signal: AbortSignal,
  look: (id: EnvironmentId) => void,
): Promise<void> {
  const driver = heart.drivers.get(kind);
  if (!driver) return;
  const adopted = new Set<EnvironmentId>();
  try {
    const found = await withLimit(heart, listLimitMs, signal, (call) => Array.fromAsync(driver.owned(call)));
    // Read after the listing: whatever was listed was written down before it was made.
    const live = new Map(
      (await heart.store.resources.live()).map((resource) => [
        `${resource.environment} ${resource.role}`,
        resource.generation,
      ]),
    );
    for (const claim of found) {
      const generation = live.get(`${claim.environment} ${claim.role}`);
      if (generation === claim.generation) continue;
      if ((generation ?? 0) <= claim.generation && (await adopt(heart, kind, claim))) adopted.add(claim.environment);
      else await removeLeftover(heart, kind, claim, signal);
    }
    heart.inventory.done(kind);
  } catch (error) {
    if (signal.aborted) return;
    heart.log.warn('sweep.failed', { kind, error: describeError(error) });
    await noteFailure(heart, kind, error);
    throw error;
  } finally {
    // Only now: how many of them nobody asks for is known when all are written down.
    for (const id of adopted) look(id);
  }
}

/** Whoever waits for something of this kind is told why. */
async function noteFailure(heart: Heart, kind: string, error: unknown): Promise<void> {
  const hint = hintOf(error);
  const why = { remedy: remedyOf(error), code: codeOf(error), message: describeError(error), lastLines: [] };
  const isNews = heart.inventory.failed(kind, { ...why, at: heart.clock.now(), ...(hint ? { hint } : {}) });
  if (!isNews) return;
  for (const { id, phase } of await heart.store.environments.list()) if (phase !== 'closed') heart.changes.publish(id);
}

/** False: a later generation of it has come and gone already. */
async function adopt(heart: Heart, kind: string, claim: Claim): Promise<boolean> {
  const at = heart.clock.now();
  heart.log.info('sweep.adopt', {
    kind,
    environment: claim.environment,
    role: claim.role,
    generation: claim.generation,
  });
  await heart.store.environments.adoptOrphan(claim.environment, at);
  const generation = await heart.store.resources.adopt(claim, kind, at);
  if (generation > claim.generation) return false;
  heart.inventory.found(claim.environment);
  return true;
}

/** A create whose answer came too late, of a generation that the loop has left behind. */
async function removeLeftover(heart: Heart, kind: string, claim: Claim, signal: AbortSignal): Promise<void> {
  heart.log.info('sweep.leftover', {
    kind,
    environment: claim.environment,
    role: claim.role,
    generation: claim.generation,
  });
  await withLimit(heart, listLimitMs, signal, async (call) => heart.drivers.get(kind)?.destroy(claim, call));
}
