import { describeError, WizardError } from '../domain/wizard-error.ts';
import type { Call, Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { BakeView, DataBaker } from '../ports/data-bakes.ts';
import { type BakeFolder, bakeFolder } from './bake-folder.ts';
import { type BakeRecord, stampOf, viewOf } from './bake-record.ts';
import { type BakePlan, currentOf, keptVersions, mostTries, spentRecords } from './bake-rules.ts';
import { carryOut, failureOf } from './carry-out.ts';

export interface SourceBakesOptions {
  readonly name: string;
  readonly plan: BakePlan;
  readonly dataDir: string;
  readonly baker: DataBaker;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Whether the script of a machine names this image. */
  readonly isNamed: (image: string) => Promise<boolean>;
  /** A bake ended, well or not. */
  readonly ended: () => void;
}

export type SourceBakes = ReturnType<typeof sourceBakes>;

/** The bakes of one source: one at a time, each with its record and its log. */
export function sourceBakes(options: SourceBakesOptions) {
  const { name, plan, baker, clock, log, signal } = options;
  const folder = bakeFolder(options.dataDir, name);
  let running: { readonly record: BakeRecord; doing: string; done: Promise<void> } | undefined;
  const tookUp = Promise.withResolvers<void>();
  let opening: Promise<unknown> = tookUp.promise;

  /** Two who ask at once are answered in turn, and none before what an earlier server left is away. */
  function begin(by: string, tries = 1): Promise<{ bake: BakeView; begun: boolean }> {
    const mine = opening.then(async () => {
      signal.throwIfAborted();
      const before = running;
      if (before && (await isOver(folder, before.record))) await before.done;
      if (running) return { bake: view(running.record), begun: false };
      const startedAt = clock.now();
      const record: BakeRecord = { id: await freeId(startedAt), state: 'running', by, startedAt, tries };
      await folder.write(record);
      running = { record, doing: 'beginning', done: Promise.resolve() };
      running.done = bakeAndTidy(record).finally(() => {
        running = undefined;
        options.ended();
      });
      return { bake: view(record), begun: true };
    });
    opening = mine.catch(() => undefined);
    return mine;
  }

  /** Two tries may begin within a second. */
  async function freeId(at: number): Promise<string> {
    const taken = new Set((await folder.records()).map(({ id }) => id));
    const stamp = stampOf(at);
    let id = stamp;
    for (let nth = 2; taken.has(id); nth += 1) id = `${stamp}-${nth}`;
    return id;
  }

  async function bakeAndTidy(record: BakeRecord): Promise<void> {
    const say = (what: string): void => {
      if (running) running.doing = what;
    };
    try {
      const about = { name, plan, folder, baker, clock, log, signal, say };
      if (await carryOut(record, about)) await tidy({ signal, log });
    } catch (error) {
      log.error('data.bake-tidy', { source: name, error: describeError(error) });
    }
  }

  /** Takes away what an earlier server left; what it was baking is begun anew. Nothing begins before this was called. */
  async function takeUp(call: Call): Promise<void> {
    const cutOff = (await folder.records()).filter(({ state }) => state === 'running');
    try {
      await baker.sweep(name, call);
    } finally {
      for (const record of cutOff) await folder.write({ ...record, state: 'interrupted' });
      tookUp.resolve();
    }
    const last = cutOff[0];
    if (!last) return;
    if (last.tries < mostTries) await begin(last.by, last.tries + 1);
    else await folder.write({ ...last, state: 'failed', endedAt: clock.now(), failure: failureOf(cutOffAgain(name)) });
  }

  async function tidy(call: Call): Promise<void> {
    const records = await folder.records();
    const named = new Set<string>();
    for (const { version, image } of records)
      if (version && (await options.isNamed(`${image}:${version}`))) named.add(version);
    const kept = keptVersions(records, plan.keep, (version) => named.has(version));
    await baker.keepOnly(name, kept, call);
    for (const { id } of spentRecords(records, kept)) await folder.remove(id);
  }

  /** The version that new environments get; one whose data somebody deleted does not count. */
  async function current(records: readonly BakeRecord[]): Promise<BakeRecord | undefined> {
    const gone = new Set<BakeRecord>();
    for (;;) {
      const found = currentOf(
        records.filter((record) => !gone.has(record)),
        plan,
      );
      if (!found?.version || ((await baker.isThere?.(name, found.version)) ?? true)) return found;
      gone.add(found);
    }
  }

  const view = (record: BakeRecord): BakeView =>
    running?.record.id === record.id ? { ...viewOf(record), doing: running.doing } : viewOf(record);

  return {
    ...{ plan, folder, begin, takeUp, view, current },
    /** The bake that is under way. */
    running: () => running && { startedAt: running.record.startedAt, doing: running.doing },
    idle: async (): Promise<void> => running?.done,
  };
}

/** It has read its data, and only tidies up: whoever asks now wants what is there now. */
const isOver = async (folder: BakeFolder, { id }: BakeRecord): Promise<boolean> =>
  (await folder.records()).some((record) => record.id === id && record.state !== 'running');

const cutOffAgain = (name: string): WizardError =>
  new WizardError(`baking ${name}: the server ended ${mostTries} times in the middle of it`, {
    code: 'data/cut-off',
    remedy: 'fix-setup',
    hint: `See in the server's log why it ended; \`wizard data bake ${name}\` begins anew.`,
  });
