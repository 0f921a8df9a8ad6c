import { plainRole } from '../domain/claim.ts';
import type { Situation } from '../domain/decide.ts';
import type { Observation } from '../domain/observation.ts';
import { isLive } from '../domain/phase.ts';
import { isServing } from '../domain/stands-on.ts';
import type { Heart } from './heart.ts';
import type { StepInput } from './resource-step.ts';
import { tell } from './tell.ts';

/**
 * Whether visitors are served through it, so that it is to be made anew beside. Asked only of what is not as it should be; the others are
 * read now, because they may have come to serve since this look began.
 */
export async function renewalOf(
  heart: Heart,
  { environment, planned, known }: StepInput,
  seen: Observation,
): Promise<Pick<Situation, 'renewal'>> {
  const ready = seen.is === 'ready';
  if (!planned?.renewedBy || !known || !isLive(known) || (ready && seen.drift.length === 0)) return {};
  if (!isServing(known, ready, await heart.store.resources.of(environment.id))) return {};
  return { renewal: { lastAt: environment.choices.renewed?.[planned.renewedBy] } };
}

/** Counts up what this part is made anew by. The next plan names another in its place, and what serves stays until the route has moved. */
export async function renew(heart: Heart, on: StepInput, because: string): Promise<number> {
  const { environment, planned } = on;
  const edition = planned?.renewedBy;
  if (!edition) return 0;
  const before = environment.choices[edition];
  const at = heart.clock.now();
  await heart.store.environments.choose(environment.id, (choices) =>
    // Another look may have counted it up for the same loss.
    choices[edition] === before
      ? { ...choices, [edition]: before + 1, renewed: { ...choices.renewed, [edition]: at } }
      : choices,
  );
  const message = `${plainRole(on.role)} is lost (${because}); making it anew beside what serves`;
  await tell(heart, on, 'broken', message);
  return Number.POSITIVE_INFINITY;
}
