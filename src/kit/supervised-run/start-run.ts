import { join } from 'node:path';
import type { Claim } from '../../domain/claim.ts';
import { claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { breakageOf } from '../../domain/observation.ts';
import type { Argv } from '../../domain/recipe.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { marksOf } from './child-environment.ts';
import { foretellEntry, makeGroup } from './control-group.ts';
import { findRunProcesses, livesUnrecorded } from './find-run-processes.ts';
import { controlGroups } from './group-of-run.ts';
import { bootId } from './process-table.ts';
import { isThere, makeWhole, removeWhole, runFiles, writeWhole } from './run-files.ts';
import { lookAtRun, type RunRecord, readVerdict } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';
import { settleRun, writeVerdict } from './settle-run.ts';
import { spawnWrapped } from './spawn-wrapped.ts';
import { watchRuns } from './watch-runs.ts';

export interface RunRequest {
  readonly claim: Claim;
  /** Kept beside the run: what drift is seen by. */
  readonly spec: JsonObject;
  readonly argv: Argv;
  /** Where it runs; must exist. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly port?: number | undefined;
  readonly memoryMb?: number | undefined;
  /** Done before the command starts, without keeping the caller; `done` when the command need not run. */
  readonly before?: { readonly note: string; readonly run: (signal: AbortSignal) => Promise<'done' | 'run'> };
}

/** Starts a run, or finds that it was started: of two at once, or one after a crash, there is only ever one. */
export const startRun = (state: RunsState, request: RunRequest): Promise<void> =>
  state.locked(claimName(request.claim), async () => {
    const name = claimName(request.claim);
    if (state.endings.has(name)) throw stillLeaving(name);
    if (state.running.has(name) || state.preparing.has(name)) return;
    const directory = directoryOf(state, name);
    if ((await lookAtRun(directory)).is !== 'not-started' || (await readVerdict(directory))) return;
    if (await livesUnrecorded(state, name)) return;
    if ((await isThere(directory)) && !(await clearHalfMade(state, name))) return;
    if (!(await isThere(request.cwd))) throw noDirectory(name, request.cwd);
    const wantsGroup = state.options.confined || request.memoryMb !== undefined;
    const groups = wantsGroup ? await controlGroups(state) : undefined;
    const record: RunRecord = {
      kind: state.options.kind,
      spec: request.spec,
      bootId: bootId(),
      startedAt: state.options.clock.now(),
      port: request.port,
      memoryMb: request.memoryMb,
      group: groups && join(groups.root, name),
    };
    if (!makeWhole(directory, { 'run.json': JSON.stringify(record) })) return;
    if (request.before) {
      const stop = new AbortController();
      state.preparing.set(name, { note: request.before.note, stop });
      prepare(state, request, record, stop.signal).catch(async (error: unknown) => {
        // What was told to end did not fail.
        if (stop.signal.aborted) state.preparing.delete(name);
        else await fail(state, name, error);
      });
      return;
    }
    try {
      await launch(state, request, record);
    } catch (error) {
      await removeWhole(directory);
      throw error;
    }
  });

/** False: something of it runs after all, so it is a start that has not got far yet. */
async function clearHalfMade(state: RunsState, name: string): Promise<boolean> {
  if ((await findRunProcesses(state, name)).length > 0) return false;
  await removeWhole(directoryOf(state, name));
  return true;
}

async function prepare(state: RunsState, request: RunRequest, record: RunRecord, signal: AbortSignal): Promise<void> {
  const name = claimName(request.claim);
  const result = await request.before?.run(signal);
  signal.throwIfAborted();
  if (result !== 'done') {
    await launch(state, request, record);
    state.preparing.delete(name);
    return;
  }
  await writeWhole(runFiles(directoryOf(state, name)).status, '0\n');
  state.preparing.delete(name);
  state.options.onChange(name);
}

async function fail(state: RunsState, name: string, error: unknown): Promise<void> {
  state.options.log.warn('run.start', { run: name, error });
  try {
    await writeVerdict(directoryOf(state, name), breakageOf(error));
  } catch (second) {
    state.options.log.error('run.start', { run: name, error: second });
  }
  state.preparing.delete(name);
  state.options.onChange(name);
}

async function launch(state: RunsState, request: RunRequest, record: RunRecord): Promise<void> {
  const name = claimName(request.claim);
  const directory = directoryOf(state, name);
  const groups = record.group === undefined ? undefined : await controlGroups(state);
  if (record.group && groups) {
    await makeGroup(groups, record.group, record.memoryMb);
    await foretellEntry(groups);
  }
  const env = {
    TMPDIR: runFiles(directory).temporary,
    ...request.env,
    ...marksOf(request.claim, record.kind, state.options.instance),
  };
  const child = await spawnWrapped(name, {
    directory,
    group: record.group ?? '',
    argv: request.argv,
    cwd: request.cwd,
    env,
    standsBack: state.options.standsBack ?? false,
  });
  const log = { logSize: 0, boundAt: state.options.keepLogBytes };
  state.running.set(name, { pid: child.pid, startTicks: undefined, child: child.process, settling: false, ...log });
  // When it was ended by us, another may run under the name by now.
  const settle = () => (state.running.get(name)?.child === child.process ? settleRun(state, name) : undefined);
  child.ended.then(settle).catch((error: unknown) => fail(state, name, error));
  watchRuns(state);
  state.options.onRunning(name, record);
}

const stillLeaving = (name: string): WizardError =>
  new WizardError(`starting ${name}: what ran under this name is still leaving`, {
    code: 'run/leaving',
    remedy: 'try-again',
  });

const noDirectory = (name: string, path: string): WizardError =>
  new WizardError(`starting ${name}: its directory ${path} is not there`, {
    code: 'run/no-directory',
    remedy: 'try-again',
  });
