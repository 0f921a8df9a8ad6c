import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseClaim } from '../../domain/claim.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { removeTree } from '../remove-tree.ts';
import { endRun } from './end-run.ts';
import { claimsInProcessTable } from './find-run-processes.ts';
import { isRemains, isThere, runFiles } from './run-files.ts';
import { lookAtRun, type RunRecord, readRecord } from './run-record.ts';
import { directoryOf, type RunsState } from './runs-state.ts';
import { settleRun } from './settle-run.ts';
import { trackFound } from './track-found.ts';
import { watchRuns } from './watch-runs.ts';

/** Takes up what a life before this one left: runs on, ends that were begun, remains of half-made directories. */
export async function adoptRuns(state: RunsState): Promise<void> {
  if (!(await isThere('/proc/self/stat'))) throw noProcessTable();
  await mkdir(state.root, { recursive: true, mode: 0o700 });
  const alive = await claimsInProcessTable(state);
  for (const name of await readdir(state.root)) {
    if (isRemains(name)) await removeTree(join(state.root, name));
    if (!parseClaim(name)) continue;
    const record = await readRecord(directoryOf(state, name));
    if (record?.kind === state.options.kind) await adopt(state, name, record, alive.has(name));
  }
  watchRuns(state);
}

const noProcessTable = (): WizardError =>
  new WizardError('looking for what runs already: this machine shows no processes in /proc', {
    code: 'run/no-proc',
    remedy: 'fix-setup',
    hint: 'Run the server on Linux, with /proc mounted.',
  });

async function adopt(state: RunsState, name: string, record: RunRecord, alive: boolean): Promise<void> {
  const directory = directoryOf(state, name);
  if (await isThere(runFiles(directory).leaving)) {
    await endRun(state, name, { graceMs: 0, remove: true });
    return;
  }
  const run = await lookAtRun(directory);
  if (run.is === 'running') {
    trackFound(state, name, { record, run });
  } else if (run.is !== 'not-started' && (alive || (record.group && (await isThere(record.group))))) {
    // It ended while we were away, leaving something behind.
    await settleRun(state, name);
  }
}
