import { askHttp, type Health } from '../../kit/http-question.ts';
import type { HttpCheckSpec } from './http-check-spec.ts';

/** Asks all endpoints side by side; healthy when each is. Never rejects. */
export async function askTargets(spec: HttpCheckSpec, signal: AbortSignal): Promise<Health> {
  const { targets, ...question } = spec;
  const asked = Object.entries(targets).map(async ([endpoint, target]) => ({
    endpoint,
    health: await askHttp({ ...question, ...target }, signal),
  }));
  for (const { endpoint, health } of await Promise.all(asked))
    if (!health.healthy) return { healthy: false, saw: `${endpoint}: ${health.saw}` };
  return { healthy: true };
}
