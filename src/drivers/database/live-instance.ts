import { WizardError } from '../../domain/wizard-error.ts';
import type { Secrets } from '../../kit/secret.ts';
import type { SupervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Keeper } from './engines/engine-family.ts';
import { type InstanceRecord, keeperSecret } from './server-instance.ts';

/**
 * `making`: not prepared yet. `saving`: stopped for a moment. `resting`: stopped on purpose. `down`: it ended and is started again. `failed`:
 * that was in vain.
 */
export type InstancePhase = 'making' | 'starting' | 'up' | 'saving' | 'resting' | 'down' | 'failed' | 'leaving';

/** What we know of an instance in this life of the server. */
export interface LiveInstance {
  readonly folder: string;
  record: InstanceRecord;
  phase: InstancePhase;
  /** How its server ended last, for people. */
  note: string;
  lastLines: readonly string[];
  /** Starts in a row that came to nothing. */
  failures: number;
  /** It ended where no room is left, and is started when there is some. */
  awaitsRoom: boolean;
  /** Of the clock, when it was last up. */
  upSince: number;
  /** Aborts when its server ends, or is to end. */
  serving: AbortController;
  cancelRestart: () => void;
  /** Settled when the start that was begun last is over, one way or the other. */
  starting: Promise<unknown>;
  /** Settled when it may be started: not while its data is being copied. */
  held: Promise<void>;
}

/** What the parts of this room share. */
export interface ServersRoom {
  readonly instance: string;
  readonly secrets: Secrets;
  readonly clock: Clock;
  readonly log: Log;
  readonly runs: SupervisedRuns;
  readonly live: Map<string, LiveInstance>;
  readonly closed: AbortController;
  /** Something about an instance is different now. */
  readonly changed: (id: string) => void;
}

export const newLive = (folder: string, record: InstanceRecord, phase: InstancePhase): LiveInstance => ({
  folder,
  record,
  phase,
  note: '',
  lastLines: [],
  failures: 0,
  awaitsRoom: false,
  upSince: 0,
  serving: new AbortController(),
  cancelRestart: () => undefined,
  starting: Promise.resolve(),
  held: Promise.resolve(),
});

export function keeperOf(
  { secrets }: Pick<ServersRoom, 'secrets'>,
  record: InstanceRecord,
  signal: AbortSignal,
): Keeper {
  const password = secrets[keeperSecret(record.id)];
  if (!password) {
    throw new WizardError('signing in to a database server: there is no secret for its keeper', {
      code: 'database/no-key',
      remedy: 'report-bug',
    });
  }
  return { run: record.run, port: record.port, password, signal };
}
