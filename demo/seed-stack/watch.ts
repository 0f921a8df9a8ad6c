import type { SeedWorld } from '../../testing/seed-stack/seed-world.ts';
import type { Teller } from '../claims.ts';

interface Entry {
  readonly id: number;
  readonly about: string;
  readonly what: string;
  readonly message: string;
  readonly tookMs?: number;
}

const lookEveryMs = 200;

/** Tells each step of the environment and each message in Slack as it comes, until it is stopped. */
export function watch(world: SeedWorld, environment: string, tell: Teller): { stop(): Promise<void> } {
  const going = new AbortController();
  const said = new Map<string, string>();
  let after = 0;
  const steps = async (): Promise<void> => {
    const seen = await world.api(`environments/${environment}/timeline?after=${after}`);
    if (seen.status !== 200) return;
    const { entries, next } = JSON.parse(seen.body) as { readonly entries: readonly Entry[]; readonly next: number };
    after = next;
    for (const { message, tookMs } of entries)
      tell.say(`  ${message}${tookMs === undefined ? '' : ` (${(tookMs / 1000).toFixed(1)} s)`}`);
  };
  const messages = (): void => {
    for (const { ts, text } of world.slack.posts()) {
      if (said.get(ts) === text) continue;
      tell.say(`  Slack${said.has(ts) ? ', edited' : ''}: ${text.replaceAll('\n', ' ')}`);
      said.set(ts, text);
    }
  };
  const look = async (): Promise<void> => {
    await steps();
    messages();
  };
  const follow = async (): Promise<void> => {
    while (!going.signal.aborted) {
      // A server that is busy is asked again.
      await look().catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
    }
    await look();
  };
  const ended = follow();
  return {
    stop: () => {
      going.abort();
      return ended.catch(() => undefined);
    },
  };
}
