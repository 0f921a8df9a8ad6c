import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { durationText } from '../domain/duration-text.ts';
import { codeOf, describeError, hintOf } from '../domain/wizard-error.ts';
import { lastLinesOf } from '../kit/command-output.ts';
import { redact } from '../kit/redact.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataBaker } from '../ports/data-bakes.ts';
import type { BakeFolder } from './bake-folder.ts';
import { bakeLog } from './bake-log.ts';
import { type BakeRecord, stampOf } from './bake-record.ts';
import type { BakePlan } from './bake-rules.ts';

export interface CarryOutAbout {
  readonly name: string;
  readonly plan: BakePlan;
  readonly folder: BakeFolder;
  readonly baker: DataBaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** What it is at. */
  readonly say: (what: string) => void;
}

/** One bake from its beginning to its record; true when it is complete. Only what cannot be written down is thrown. */
export async function carryOut(record: BakeRecord, about: CarryOutAbout): Promise<boolean> {
  const { name, plan, folder, baker, clock, log, signal } = about;
  const path = folder.logPath(record.id);
  await mkdir(dirname(path), { recursive: true });
  const words = bakeLog(path, log);
  const doing = (what: string): void => {
    about.say(what);
    words.write(`== ${what}\n`);
  };
  const ended = () => ({ endedAt: Math.max(clock.now(), record.startedAt) });
  log.info('data.bake', { source: name, id: record.id, by: record.by });
  try {
    signal.throwIfAborted();
    const order = { source: name, stamp: stampOf(record.startedAt) };
    const baked = await baker.bake(order, { signal, log, doing, write: words.write });
    signal.throwIfAborted();
    doing(
      `complete: ${plan.image === undefined ? '' : `${plan.image}:`}${baked.version}, after ${durationText(clock.now() - record.startedAt)}`,
    );
    // The last act: from now on environments get it.
    const { image, golden } = plan;
    const kinds = { ...(image === undefined ? {} : { image }), ...(golden === undefined ? {} : { golden }) };
    await folder.write({ ...record, ...ended(), ...baked, state: 'complete', ...kinds });
    log.info('data.baked', { source: name, id: record.id, version: baked.version, bytes: baked.bytes });
    return true;
  } catch (error) {
    if (signal.aborted) {
      doing('the server is stopping; the next one begins anew');
      // Stopped in good order: that does not count as a try.
      await folder.write({ ...record, tries: record.tries - 1 });
      return false;
    }
    const failure = failureOf(error);
    doing(`failed: ${failure.message}`);
    for (const line of failure.lastLines) words.write(`   ${line}\n`);
    await folder.write({ ...record, ...ended(), state: 'failed', failure });
    log.warn('data.bake-failed', { source: name, id: record.id, code: failure.code, error: failure.message });
    return false;
  } finally {
    await words.close();
  }
}

export function failureOf(error: unknown): NonNullable<BakeRecord['failure']> {
  const hint = hintOf(error);
  return {
    code: codeOf(error),
    message: redact(describeError(error)),
    lastLines: lastLinesOf(error).map(redact),
    ...(hint === undefined ? {} : { hint }),
  };
}
