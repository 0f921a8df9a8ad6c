import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Claim, claimName, parseClaim } from '../../domain/claim.ts';
import type { LogPiece } from '../../ports/resource-driver.ts';
import { adoptRuns } from './adopt-runs.ts';
import { endRun, type HowToEnd } from './end-run.ts';
import { claimsInProcessTable, livesUnrecorded } from './find-run-processes.ts';
import { keyedLock } from './keyed-lock.ts';
import { isThere } from './run-files.ts';
import { lastLines, readRunLog } from './run-log.ts';
import { lookAtRun, type RunRecord, type RunState, readRecord, readVerdict, type Verdict } from './run-record.ts';
import { directoryOf, type RunsState, type SupervisedRunsOptions } from './runs-state.ts';
import { writeVerdict } from './settle-run.ts';
import { type RunRequest, startRun } from './start-run.ts';
import { trackFound } from './track-found.ts';

/** How a run is. `record` is what it was started with. */
export type RunView =
  | { readonly is: 'absent' }
  | { readonly is: 'leaving' }
  /** It runs, but its directory was taken away behind our back, while we watched or while no server ran. */
  | { readonly is: 'stray' }
  | { readonly is: 'preparing'; readonly record: RunRecord; readonly note: string }
  | { readonly is: 'running'; readonly record: RunRecord; readonly pid: number; readonly verdict: Verdict | undefined }
  | {
      readonly is: 'over';
      readonly record: RunRecord;
      readonly end: Exclude<RunState, { readonly is: 'running' | 'not-started' }>;
      readonly verdict: Verdict | undefined;
    };

/**
 * Programs that run on when we die, are found again when we come back, and leave nothing when they end.
 * Laws: one run per claim, whatever is repeated; looking changes nothing; `end` begins and returns, and what is ending is
 * `leaving` until nothing of it was seen; a run that ends is told at once through `onChange`.
 */
export interface SupervisedRuns {
  start(request: RunRequest): Promise<void>;
  look(claim: Claim): Promise<RunView>;
  end(claim: Claim, how: HowToEnd): Promise<void>;
  /** Says why a run is ended by us; the first verdict stands. */
  condemn(claim: Claim, verdict: Verdict): Promise<void>;
  /** Every claim of our kind that has a directory here or a living process. */
  owned(): Promise<readonly Claim[]>;
  /** Ports of all that is recorded here. */
  portsInUse(): Promise<readonly number[]>;
  /** What it was started with; `undefined` when nothing is there. */
  record(claim: Claim): Promise<RunRecord | undefined>;
  readLog(claim: Claim, from: number): Promise<LogPiece>;
  /** Masked, plain. */
  lastLines(claim: Claim, count: number): Promise<string[]>;
  /** The run's own directory: for what a driver wants to keep beside it. */
  directory(claim: Claim): string;
  /** Settled once what was running is taken up. */
  readonly adopted: Promise<void>;
  /** Stops watching. What runs goes on, and is found again by the next life. */
  close(): void;
}

/** As much again, and an eighth, is kept in the older part: below 4 MB in all. */
const keepLogBytesByDefault = 1800 * 1024;

type Asked = Omit<SupervisedRunsOptions, 'keepLogBytes'> & { readonly keepLogBytes?: number };

/** Opens the runs of one kind below `dataDir`, taking up what runs there already. */
export function supervisedRuns(asked: Asked): SupervisedRuns {
  const options = { keepLogBytes: keepLogBytesByDefault, ...asked };
  const state: RunsState = {
    options,
    root: join(options.dataDir, 'runs'),
    locked: keyedLock(),
    running: new Map(),
    preparing: new Map(),
    endings: new Map(),
    found: new Map(),
    closed: new AbortController(),
    groups: undefined,
    stopTimer: undefined,
  };
  const adopted = adoptRuns(state);
  // Every call below waits for it and throws what it threw; this only keeps it from ending the process first.
  adopted.catch((error: unknown) => options.log.error('run.adopt', { error }));
  const directory = (claim: Claim): string => directoryOf(state, claimName(claim));
  return {
    adopted,
    directory,
    start: (request) => adopted.then(() => startRun(state, request)),
    look: (claim) => adopted.then(() => lookAt(state, claimName(claim))),
    end: (claim, how) => adopted.then(() => state.locked(claimName(claim), () => endRun(state, claimName(claim), how))),
    condemn: (claim, verdict) => writeVerdict(directory(claim), verdict),
    owned: () => adopted.then(() => ownedClaims(state)),
    portsInUse: () => adopted.then(() => portsInUse(state)),
    record: (claim) => readRecord(directory(claim)),
    readLog: async (claim, from) => {
      const ended = !state.running.has(claimName(claim));
      return readRunLog(directory(claim), from, { mask: options.mask, ended });
    },
    lastLines: (claim, count) => lastLines(directory(claim), count, options.mask),
    close: () => close(state),
  };
}

async function lookAt(state: RunsState, name: string): Promise<RunView> {
  if (state.endings.get(name)?.remove) return { is: 'leaving' };
  const directory = directoryOf(state, name);
  const record = await readRecord(directory);
  const tracked = state.running.get(name);
  if (!record) return tracked || (await livesUnrecorded(state, name)) ? { is: 'stray' } : { is: 'absent' };
  const preparation = state.preparing.get(name);
  if (preparation) return { is: 'preparing', record, note: preparation.note };
  const verdict = await readVerdict(directory);
  // Until what it left behind is gone it counts as running.
  if (tracked) return { is: 'running', record, pid: tracked.pid, verdict };
  const run = await lookAtRun(directory);
  if (run.is === 'running') {
    trackFound(state, name, { record, run });
    return { is: 'running', record, pid: run.pid, verdict };
  }
  if (run.is !== 'not-started') return { is: 'over', record, end: run, verdict };
  if (verdict) return { is: 'over', record, end: { is: 'lost' }, verdict };
  // The server died so soon after the start that the run has not said yet who it is.
  const begins = await livesUnrecorded(state, name);
  return begins ? { is: 'preparing', record, note: 'it has just been started' } : { is: 'absent' };
}

async function ownedClaims(state: RunsState): Promise<Claim[]> {
  const names = await claimsInProcessTable(state);
  for (const name of await readdir(state.root)) {
    if (!parseClaim(name)) continue;
    const directory = directoryOf(state, name);
    const record = await readRecord(directory);
    // One whose record cannot be read is nobody's: better listed twice than never cleared away.
    const ours = record ? record.kind === state.options.kind : await isThere(directory);
    if (ours) names.add(name);
  }
  return [...names].flatMap((name) => parseClaim(name) ?? []);
}

async function portsInUse(state: RunsState): Promise<number[]> {
  const names = await readdir(state.root);
  const records = await Promise.all(names.map((name) => readRecord(directoryOf(state, name))));
  return records.flatMap((record) => record?.port ?? []);
}

function close(state: RunsState): void {
  state.closed.abort();
  state.stopTimer?.();
  for (const { stop } of state.preparing.values()) stop.abort();
  for (const { child } of state.running.values()) {
    child?.removeAllListeners('exit');
    child?.unref();
  }
}
