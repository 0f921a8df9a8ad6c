import { plainRole } from '../domain/claim.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Heart } from './heart.ts';
import type { StepInput } from './resource-step.ts';

/** Writes down for people what happened to one resource, and lets whoever watches its environment look. */
export async function tell(
  heart: Heart,
  on: Pick<StepInput, 'environment' | 'role'>,
  what: string,
  message: string,
  tookMs?: number,
  details: JsonObject = {},
): Promise<void> {
  const at = heart.clock.now();
  heart.log.info(`resource.${what}`, { environment: on.environment.id, role: on.role, message, tookMs });
  await heart.store.timeline.add({
    environment: on.environment.id,
    at,
    about: plainRole(on.role),
    what,
    message,
    tookMs,
    details,
  });
  heart.changes.publish(on.environment.id);
}
