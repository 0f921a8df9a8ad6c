import type { EnvironmentId } from '../domain/claim.ts';
import type { Checkpoint, Environment } from '../domain/environment.ts';
import type { News } from '../domain/news.ts';
import type { StepView } from '../domain/view.ts';
import type { LogPiece } from './resource-driver.ts';
import type { TimelineEntry } from './store.ts';

export type { StepView } from '../domain/view.ts';

/** What people may ask of an environment. Each only changes what is wanted; the loop does the rest. Unknown ids throw `request/unknown-environment`. */
export interface Requests {
  /** Build and start the commit anew, beside the old; also ends `parked` and `destroy`. */
  redeploy(id: EnvironmentId, by: string): Promise<void>;
  /** A fresh copy of the golden data. */
  resetData(id: EnvironmentId, by: string): Promise<void>;
  /** A copy of a saved state for one of its databases, until `resetData`. */
  load(id: EnvironmentId, asked: LoadAsked, by: string): Promise<void>;
  /** Take it away although its pull request is open; until `redeploy`. */
  destroy(id: EnvironmentId, by: string): Promise<void>;
  /** Stop what runs and keep its data, until `wake` or a push. */
  sleep(id: EnvironmentId, by: string): Promise<void>;
  /** End `sleep`. */
  wake(id: EnvironmentId, by: string): Promise<void>;
  /** Keep it at this commit (default: the one that is live) whatever is pushed; `undefined` to let go. */
  pin(id: EnvironmentId, sha: string | undefined, by: string): Promise<void>;
  /** Let a fork's commit be built, that one only. */
  approve(id: EnvironmentId, sha: string, by: string): Promise<void>;
}

export interface LoadAsked {
  /** Of the recipe: `db`. */
  readonly service: string;
  readonly state: Omit<Checkpoint, 'load'>;
}

/** What one environment looks like to people: the API, the live page and announcers all show this. */
export interface EnvironmentView {
  readonly environment: Environment;
  readonly news: News;
  readonly steps: readonly StepView[];
  /** Milliseconds until live, from earlier runs; missing when nothing is known or nothing is coming. */
  readonly remainingMs?: number;
}

/** Reading side for the gateway, the API and announcers. */
export interface Views {
  find(id: EnvironmentId): Promise<EnvironmentView | undefined>;
  list(): Promise<readonly EnvironmentView[]>;
  timeline(id: EnvironmentId, after: number, limit: number): Promise<readonly TimelineEntry[]>;
  /** `undefined` when this step keeps no log. */
  readLog(id: EnvironmentId, role: string, from: number, signal: AbortSignal): Promise<LogPiece | undefined>;
  /** Calls back after anything about the environment changed (any, when `id` is missing); the answer ends it. */
  watch(id: EnvironmentId | undefined, then: (id: EnvironmentId) => void): () => void;
}
