import type { JsonObject } from '../../domain/json.ts';
import type { Argv } from '../../domain/recipe.ts';
import type { EnvironmentValue } from '../../kit/environment-value.ts';
import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import type { MachineTarget } from './machine-target.ts';

/** One kind of program that runs on our side and works on a machine. */
export interface MachineProgram {
  readonly kind: string;
  /** What the author can do about a run that failed, as a sentence, where nothing better is known. */
  readonly whatHelps: string;
  /** Throws `machine-run/bad-spec`. */
  read(spec: JsonObject): ProgramRun;
  /** More than the status tells of a run that failed, from its last lines; `undefined`: nothing. */
  whyFailed?(status: number, lines: readonly string[]): Verdict | undefined;
  /** A run that ended with status 0 and yet did not do what it should; `undefined`: it did. */
  whyNotDone?(spec: JsonObject, lines: readonly string[]): Verdict | undefined;
}

/** What one spec asks to run. `directory` below is the run's own, where files of ours lie. */
export interface ProgramRun {
  readonly checkout: string;
  readonly target: MachineTarget;
  readonly revision: string;
  /** On the machine; says the revision once it is done. Missing: nothing does. */
  readonly revisionFile?: string | undefined;
  readonly timeLimitMs: number;
  readonly env: Readonly<Record<string, EnvironmentValue>>;
  /** Named without a path it must be on this machine. */
  readonly program: string;
  argv(directory: string): Argv;
  ownEnv(directory: string): Readonly<Record<string, string>>;
  /** Writes what it needs into the run's directory. */
  prepare?(directory: string, signal: AbortSignal): Promise<void>;
}
