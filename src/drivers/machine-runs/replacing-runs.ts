import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';

type Request = Parameters<SupervisedRuns['start']>[0];

/** A run that starts when all of the one before it, under the same name, is gone. */
export interface PendingRun {
  readonly claim: Claim;
  readonly spec: JsonObject;
  /** Why it could not be started. */
  readonly failure?: unknown;
}

/**
 * Runs that take the place of others. Only memory knows of them: after our own death the one before is found still running, for another
 * spec, or as ended, or as absent, and each leads the loop to ask again.
 */
export interface ReplacingRuns {
  /** Begins the end of what runs, and returns. Of several requests the last counts. */
  replace(request: Request, graceMs: number): Promise<void>;
  pending(claim: Claim): PendingRun | undefined;
  all(): readonly PendingRun[];
  /** Something about this run changed: it may be gone by now. */
  look(name: string): void;
  drop(claim: Claim): void;
  close(): void;
}

interface Waiting {
  readonly request: Request;
  failure: unknown;
}

export function replacingRuns(runsOf: () => SupervisedRuns, changed: (name: string) => void): ReplacingRuns {
  const waiting = new Map<string, Waiting>();

  async function go(name: string): Promise<void> {
    const next = waiting.get(name);
    if (!next || next.failure !== undefined) return;
    try {
      await runsOf().start(next.request);
    } catch (error) {
      // Told again when the one before has left.
      if (codeOf(error) === 'run/leaving') return;
      next.failure = error;
    }
    if (waiting.get(name) === next && next.failure === undefined) waiting.delete(name);
    changed(name);
  }

  return {
    async replace(request, graceMs) {
      const name = claimName(request.claim);
      const next: Waiting = { request, failure: undefined };
      waiting.set(name, next);
      try {
        await runsOf().end(request.claim, { graceMs, remove: true });
      } catch (error) {
        if (waiting.get(name) === next) waiting.delete(name);
        throw error;
      }
      await go(name);
    },
    pending: (claim) => pendingOf(waiting.get(claimName(claim))),
    all: () => [...waiting.values()].flatMap((one) => pendingOf(one) ?? []),
    look: (name) => void go(name),
    drop: (claim) => void waiting.delete(claimName(claim)),
    close: () => waiting.clear(),
  };
}

const pendingOf = (one: Waiting | undefined): PendingRun | undefined =>
  one && {
    claim: one.request.claim,
    spec: one.request.spec,
    ...(one.failure === undefined ? {} : { failure: one.failure }),
  };
