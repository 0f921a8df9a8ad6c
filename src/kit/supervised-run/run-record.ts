import { statSync } from 'node:fs';
import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { Breakage } from '../../domain/observation.ts';
import { bootId, isAlive, type ProcessStat, parseStat } from './process-table.ts';
import { codeOfFault, readIfThere, runFiles } from './run-files.ts';

/** What we asked for, as it lies in the run's directory. Holds names of secrets, never secrets. */
export interface RunRecord {
  /** The driver's kind. */
  readonly kind: string;
  readonly spec: JsonObject;
  readonly bootId: string;
  /** Wall clock, milliseconds. */
  readonly startedAt: number;
  readonly port?: number | undefined;
  readonly memoryMb?: number | undefined;
  /** Directory of its control group, when it has one. */
  readonly group?: string | undefined;
}

/** `not-started`: nothing there, or the start was cut short. `lost`: it went without leaving a status. */
export type RunState =
  | { readonly is: 'not-started' }
  | { readonly is: 'running'; readonly pid: number; readonly startTicks: number }
  /** `tookMs` from start to end. */
  | { readonly is: 'ended'; readonly status: number; readonly tookMs: number }
  | { readonly is: 'lost' };

/** Why a run ended, where its status does not tell. */
export type Verdict = Omit<Breakage, 'lastLines'>;

const recordShape = z.object({
  kind: z.string(),
  spec: z.record(z.string(), z.json()),
  bootId: z.string(),
  startedAt: z.number(),
  port: z.number().optional(),
  memoryMb: z.number().optional(),
  group: z.string().optional(),
});
const verdictShape = z.object({
  note: z.string(),
  remedy: z.enum(['try-again', 'change-input', 'fix-setup', 'report-bug']),
  code: z.string().exactOptional(),
  hint: z.string().exactOptional(),
});

/** `undefined`: there is none, or it cannot be read any more. */
export const readRecord = async (directory: string): Promise<RunRecord | undefined> =>
  recordShape.safeParse(fromJson(await readIfThere(runFiles(directory).record))).data;

export const readVerdict = async (directory: string): Promise<Verdict | undefined> =>
  verdictShape.safeParse(fromJson(await readIfThere(runFiles(directory).verdict))).data;

/** Tells from what lies in the directory, and from the process table, how the run is. Needs no memory of ours. */
export async function lookAtRun(directory: string): Promise<RunState> {
  const files = runFiles(directory);
  const record = await readRecord(directory);
  if (!record) return { is: 'not-started' };
  const ended = await readEnd(directory, record);
  if (ended) return ended;
  const wrapper = wrapperOf(await readIfThere(files.pid));
  if (!wrapper) return { is: 'not-started' };
  if (record.bootId === bootId() && isAlive(wrapper)) {
    return { is: 'running', pid: wrapper.pid, startTicks: wrapper.startTicks };
  }
  // It may have written its status since we first looked.
  return (await readEnd(directory, record)) ?? { is: 'lost' };
}

/** Without its line end the line is not whole. */
export const wrapperOf = (text: string | undefined): ProcessStat | undefined =>
  text?.endsWith('\n') ? parseStat(text) : undefined;

async function readEnd(directory: string, record: RunRecord): Promise<RunState | undefined> {
  const { status } = runFiles(directory);
  const text = await readIfThere(status);
  if (text === undefined || !/^\d{1,3}\n$/.test(text)) return undefined;
  try {
    const { mtimeMs } = statSync(status);
    return { is: 'ended', status: Number(text), tookMs: Math.max(0, Math.round(mtimeMs - record.startedAt)) };
  } catch (error) {
    if (codeOfFault(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function fromJson(text: string | undefined): unknown {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
