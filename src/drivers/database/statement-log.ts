import { stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../../kit/path-kind.ts';
import { logFile } from '../../kit/supervised-run/run-files.ts';
import type { ServersRoom } from './live-instance.ts';
import { familyOf } from './server-command.ts';
import { type InstanceRecord, runClaim } from './server-instance.ts';

const mostBytes = 8 * 1024 * 1024;

/** Where this server writes down which statements took long. */
export function statementLogOf({ runs }: Pick<ServersRoom, 'runs'>, { id, run, shape }: InstanceRecord): string {
  const { statementLog } = familyOf(shape.engine);
  return statementLog === undefined ? logFile(runs.directory(runClaim(id))) : join(run, statementLog);
}

/** Empties those that grew too long. The servers write at the end, wherever that is; logs of runs are bounded by themselves. */
export async function boundStatementLogs({ runs, live }: Pick<ServersRoom, 'runs' | 'live'>): Promise<void> {
  for (const { record } of live.values()) {
    if (familyOf(record.shape.engine).statementLog === undefined) continue;
    const path = statementLogOf({ runs }, record);
    const seen = await orMissing(stat(path));
    if (seen && seen.size > mostBytes) await truncate(path);
  }
}
