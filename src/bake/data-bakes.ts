import { durationText } from '../domain/duration-text.ts';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataBaker, DataBakes, DataSourceView, GoldenCopyView } from '../ports/data-bakes.ts';
import type { BakePlan } from './bake-rules.ts';
import { type KeptSchedule, keepSchedule } from './keep-schedule.ts';
import { type SourceBakes, sourceBakes } from './source-bakes.ts';

export interface DataBakesOptions {
  readonly dataDir: string;
  /** All data sources; `undefined` where one is not baked. */
  readonly sources: Readonly<Record<string, BakePlan | undefined>>;
  readonly baker: DataBaker;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether the script of a machine names this image. */
  readonly isNamed?: (image: string) => Promise<boolean>;
  /** Golden copies of a source that are here. */
  readonly copies?: (source: string) => Promise<readonly GoldenCopyView[]>;
  /** A bake ended: who waits for it may look. */
  readonly ended?: (source: string) => void;
}

export interface OpenDataBakes extends DataBakes {
  /** Takes up what an earlier server left, then keeps the schedules. Nothing is baked before. */
  start(): Promise<void>;
  /** Stops bakes and schedules; the next server begins them anew. */
  close(): Promise<void>;
}

interface Baked {
  readonly bakes: SourceBakes;
  readonly schedule: KeptSchedule;
}

const askAgainMs = 15_000;

/** Data that is ready to be used: made by schedule or when asked, the newest complete one is what environments get. */
export function dataBakes(options: DataBakesOptions): OpenDataBakes {
  const { clock, log, sources } = options;
  const ending = new AbortController();
  const all = new Map<string, Baked>();
  for (const [name, plan] of Object.entries(sources)) if (plan) all.set(name, open(name, plan));

  function open(name: string, plan: BakePlan): Baked {
    const { dataDir, baker, isNamed = async () => false } = options;
    const ended = (): void => {
      schedule.look();
      options.ended?.(name);
    };
    const bakes = sourceBakes({ name, plan, dataDir, baker, clock, log, isNamed, ended, signal: ending.signal });
    const schedule = keepSchedule(name, bakes, clock, log);
    return { bakes, schedule };
  }

  function bakedSource(name: string): Baked {
    const source = all.get(name);
    if (source) return source;
    throw Object.hasOwn(sources, name) ? notBaked(name) : unknownSource(name, Object.keys(sources));
  }

  async function viewOf(name: string): Promise<DataSourceView> {
    if (Object.hasOwn(sources, name) && !all.has(name)) return { name, bakes: [] };
    const { bakes, schedule } = bakedSource(name);
    const { plan } = bakes;
    const records = await bakes.folder.records();
    const nextAt = await schedule.dueAt();
    const current = (await bakes.current(records))?.version;
    const copies = plan.golden ? await options.copies?.(name) : undefined;
    return {
      name,
      ...(plan.image === undefined ? {} : { image: plan.image }),
      ...(plan.golden === undefined ? {} : { golden: plan.golden }),
      ...(plan.schedule === undefined ? {} : { schedule: plan.schedule, timeZone: plan.timeZone }),
      ...(nextAt === undefined ? {} : { nextAt }),
      ...(current === undefined ? {} : { current }),
      bakes: records.map(bakes.view),
      ...(copies === undefined ? {} : { copies }),
    };
  }

  return {
    list: () => Promise.all(Object.keys(sources).map(viewOf)),
    find: viewOf,
    bake: async (name, by) => bakedSource(name).bakes.begin(by),
    async readLog(name, id, from) {
      const { folder } = bakedSource(name).bakes;
      const records = await folder.records();
      const record = id === undefined ? records[0] : records.find((one) => one.id === id);
      const piece = record && (await folder.readLog(record.id, from));
      return piece && { ...piece, id: record.id };
    },
    async version(name) {
      const { bakes } = bakedSource(name);
      const records = await bakes.folder.records();
      const [last] = records;
      const current = (await bakes.current(records))?.version;
      if (current !== undefined) return current;
      if (!bakes.running() && last?.failure) throw firstFailed(name, last.failure.message);
      if (!bakes.running()) await bakes.begin('first use');
      throw firstBake(name, bakes, clock.now());
    },
    async start() {
      for (const [name, { bakes, schedule }] of all) {
        await bakes.takeUp({ signal: ending.signal, log }).catch((error: unknown) => {
          if (!ending.signal.aborted) log.warn('data.bake-sweep', { source: name, error: describeError(error) });
        });
        schedule.look();
      }
    },
    async close() {
      ending.abort(new Error('the server is stopping'));
      for (const { schedule } of all.values()) schedule.stop();
      await Promise.allSettled([...all.values()].map(({ bakes }) => bakes.idle()));
    },
  };
}

function firstBake(name: string, bakes: SourceBakes, now: number): WizardError {
  const { startedAt = now, doing = 'beginning' } = bakes.running() ?? {};
  const spent = durationText(Math.max(0, now - startedAt));
  return new WizardError(`the data of ${name} is baked for the first time, since ${spent}: ${doing}`, {
    code: 'data/baking',
    remedy: 'try-again',
    afterMs: askAgainMs,
  });
}

const firstFailed = (name: string, message: string): WizardError =>
  new WizardError(`looking for the baked data of ${name}: there is none, since the last bake failed: ${message}`, {
    code: 'data/bake-failed',
    remedy: 'fix-setup',
    hint: `\`wizard data logs ${name}\` shows why; \`wizard data bake ${name}\` tries again.`,
  });

const notBaked = (name: string): WizardError =>
  new WizardError(`baking ${name}: this data source is not baked`, {
    code: 'data/not-baked',
    remedy: 'change-input',
    hint: 'Give it "golden", "golden-files" or "bake" in wizard.yml.',
  });

const unknownSource = (name: string, known: readonly string[]): WizardError =>
  new WizardError(`finding the data source "${name}": there is none of that name`, {
    code: 'request/unknown-data-source',
    remedy: 'change-input',
    hint: known.length === 0 ? 'wizard.yml has no "data-sources".' : `There are ${known.join(', ')}.`,
  });
