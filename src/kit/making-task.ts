import type { JsonObject } from '../domain/json.ts';
import { breakageOf } from '../domain/observation.ts';
import { describeError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Observation } from '../ports/resource-driver.ts';
import { lastLinesOf } from './command-output.ts';

/** What a making gets: an empty directory, the signal that ends it, and a way to say how far it is. */
export interface Making {
  readonly path: string;
  readonly signal: AbortSignal;
  readonly say: (note: string) => void;
}

/** Fills the directory and answers its facts. It is done when it answers; it leaves nothing running when it throws. */
export type Make = (making: Making) => Promise<JsonObject>;

export interface MakingTask {
  readonly spec: JsonObject;
  /** Never rejects. */
  readonly ended: Promise<void>;
  state(): 'working' | 'done' | 'failed';
  observation(): Observation;
  stop(): void;
}

interface TaskOptions {
  readonly path: string;
  readonly spec: JsonObject;
  readonly make: Make;
  /** Writes the done marker. */
  readonly mark: (facts: JsonObject) => Promise<void>;
  /** What to tell of a failure. */
  readonly why: (error: unknown) => Promise<unknown>;
  /** Called last, with what is told of a failure; must not throw. */
  readonly ended: (error: unknown) => Promise<void>;
  readonly log: Log;
  readonly what: string;
}

/** Begins the making and keeps what can be said of it. */
export function makingTask({ path, spec, make, mark, why, ended, log, what }: TaskOptions): MakingTask {
  const stopping = new AbortController();
  let note = `${what} is being made`;
  let state: 'working' | 'done' | 'failed' = 'working';
  let failure: Observation | undefined;
  const say = (said: string): void => {
    note = said;
  };
  const work = async (): Promise<unknown> => {
    try {
      const facts = await make({ path, signal: stopping.signal, say });
      stopping.signal.throwIfAborted();
      await mark(facts);
      state = 'done';
      return undefined;
    } catch (failed) {
      const error = await why(failed);
      failure = {
        is: 'broken',
        ...breakageOf(error),
        lastLines: lastLinesOf(error),
      };
      state = 'failed';
      if (!stopping.signal.aborted) log.warn('files.make', { what, error: describeError(error) });
      return error;
    }
  };
  return {
    spec,
    ended: work().then(ended),
    state: () => state,
    observation: () => failure ?? { is: 'arriving', note, lookAgainMs: 1000 },
    stop: () => stopping.abort(),
  };
}
