import type { Claim, EnvironmentId } from '../domain/claim.ts';
import { describeError } from '../domain/wizard-error.ts';
import { type Heart, withLimit } from './heart.ts';

const listLimitMs = 5 * 60_000;

/**
 * Lists everything that bears our label and gives what the journal lacks to the loop, which keeps or removes it like anything else.
 * A listing that fails changes nothing.
 */
export async function sweep(heart: Heart, signal: AbortSignal, look: (id: EnvironmentId) => void): Promise<void> {
  await Promise.all([...heart.drivers.keys()].map((kind) => sweepKind(heart, kind, signal, look)));
}

async function sweepKind(
  heart: Heart,
  kind: string,
  signal: AbortSignal,
  look: (id: EnvironmentId) => void,
): Promise<void> {
  const driver = heart.drivers.get(kind);
  if (!driver) return;
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
      const isLeftover = (generation ?? 0) > claim.generation || !(await adopt(heart, kind, claim, look));
      if (isLeftover) await removeLeftover(heart, kind, claim, signal);
    }
    heart.inventory.done(kind);
  } catch (error) {
    if (!signal.aborted) heart.log.warn('sweep.failed', { kind, error: describeError(error) });
  }
}

/** False: a later generation of it has come and gone already. */
async function adopt(heart: Heart, kind: string, claim: Claim, look: (id: EnvironmentId) => void): Promise<boolean> {
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
  look(claim.environment);
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
