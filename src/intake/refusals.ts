import { oneLine } from '../domain/plain-text.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { RefusedWebhooks } from '../ports/refused-webhooks.ts';

/** One request to the webhook that was refused. What its sender wrote is shown cut, and is not believed. */
export interface Refusal {
  readonly status: number;
  /** A sentence of ours: one of few. */
  readonly reason: string;
  readonly event?: string | undefined;
  readonly guid?: string | undefined;
  /** `User-Agent`: GitHub's begins with `GitHub-Hookshot/`. */
  readonly sender?: string | undefined;
}

/** What was refused since the server started. Nothing of it is stored: whoever refuses no secret may send as much as he likes. */
export interface Refusals {
  note(refusal: Refusal): void;
  /** One for each reason, the last first. */
  all(): readonly RefusedWebhooks[];
}

/** Often enough to be found, too seldom to fill a disk. */
const quietMs = 60_000;

interface Seen extends RefusedWebhooks {
  /** Not told in the log yet. */
  readonly untold: number;
  readonly toldAt: number;
}

/** Counts refusals, and writes each reason into the log at most once a minute. */
export function refusals({ clock, log }: { readonly clock: Clock; readonly log: Log }): Refusals {
  const seen = new Map<string, Seen>();
  return {
    note({ status, reason, event, guid, sender }) {
      const before = seen.get(reason);
      const now = clock.monotonic();
      const times = (before?.times ?? 0) + 1;
      const untold = (before?.untold ?? 0) + 1;
      const tells = before === undefined || now - before.toldAt >= quietMs;
      // Made anew, so that the last comes last.
      seen.delete(reason);
      seen.set(reason, {
        ...{ status, reason, times, lastAt: clock.now() },
        ...(tells ? { untold: 0, toldAt: now } : { untold, toldAt: before.toldAt }),
      });
      if (!tells) return;
      const said = { webhook: shown(event), guid: shown(guid), sender: shown(sender) };
      log.warn('webhook.refused', { status, reason, times: untold, ...said });
    },
    all: () =>
      [...seen.values()].reverse().map(({ status, reason, times, lastAt }) => ({ status, reason, times, lastAt })),
  };
}

const shown = (text: string | undefined): string => (text === undefined ? 'none' : oneLine(text, 60));
