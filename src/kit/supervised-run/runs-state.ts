import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Remedy } from '../../domain/wizard-error.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ControlGroups } from './control-group.ts';
import type { keyedLock } from './keyed-lock.ts';
import type { Mask } from './mask-secrets.ts';
import type { ProcessStat } from './process-table.ts';
import type { RunRecord } from './run-record.ts';

export interface SupervisedRunsOptions {
  readonly dataDir: string;
  /** Tells our runs from those of another server on this machine. */
  readonly instance: string;
  /** The driver's kind: runs of another kind are not touched. */
  readonly kind: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly mask: Mask;
  /** What helps a run that needed more memory than it has; missing: another try, as it may have served for days. */
  readonly outOfMemory?: Remedy;
  /** Something about this run changed: it ended, or is gone. */
  readonly onChange: (name: string) => void;
  /** Done when a command ended by itself, before anyone is told. */
  readonly beforeOver?: (name: string, record: RunRecord) => Promise<void>;
  /** It runs: just started, or found running after our own restart. */
  readonly onRunning: (name: string, record: RunRecord) => void;
  /** Each run gets a control group, also one without a memory limit: what hides from its mark and session is found in it. */
  readonly confined?: true;
  /** The server and what serves go first where the processor is wanted by more than one. */
  readonly standsBack?: true;
  /** Half of what is kept of a log at most. */
  readonly keepLogBytes: number;
}

/** A run that we wait for the end of. */
export interface Tracked {
  readonly pid: number;
  /** Known for one we found running; our own child tells us itself. */
  readonly startTicks: number | undefined;
  readonly child: ChildProcess | undefined;
  settling: boolean;
  logSize: number;
  /** How large the log may grow before it is made shorter. */
  boundAt: number;
}

export interface Preparation {
  readonly note: string;
  readonly stop: AbortController;
}

export interface Ending {
  /** Also forget it: remove its directory when nothing is left. */
  remove: boolean;
}

/** What the parts of this room share. */
export interface RunsState {
  readonly options: SupervisedRunsOptions;
  readonly root: string;
  readonly locked: ReturnType<typeof keyedLock>;
  readonly running: Map<string, Tracked>;
  /** Run → what it waits for before its command starts. */
  readonly preparing: Map<string, Preparation>;
  readonly endings: Map<string, Ending>;
  /** Run → what the process table last showed of it, known to us or not; some may have ended since. */
  readonly found: Map<string, readonly ProcessStat[]>;
  readonly closed: AbortController;
  /** Looked for when a run first needs one. */
  groups: Promise<ControlGroups | undefined> | undefined;
  stopTimer: (() => void) | undefined;
}

export const directoryOf = (state: RunsState, name: string): string => join(state.root, name);
