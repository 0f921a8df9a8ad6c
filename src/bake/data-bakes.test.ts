import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { settleInRealTime } from '../../testing/conformance/settle.ts';
import { type ManualClock, manualClock } from '../../testing/manual-clock.ts';
import { type MemoryBaker, memoryBaker } from '../../testing/memory-baker.ts';
import { silentLog } from '../../testing/silent-log.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { CommandOutput } from '../kit/command-output.ts';
import { redactor } from '../kit/redact.ts';
import { Secret } from '../kit/secret.ts';
import type { BakePlan } from './bake-rules.ts';
import { dataBakes, type OpenDataBakes } from './data-bakes.ts';

const day = 24 * 60 * 60_000;
const midnight = Date.UTC(2026, 0, 1);
const plan: BakePlan = { image: 'r.example/data', timeZone: 'UTC', keep: 2 };
const nightly: BakePlan = { ...plan, schedule: '0 4 * * *' };

interface World {
  readonly clock: ManualClock;
  readonly baker: MemoryBaker;
  readonly ended: string[];
  readonly named: Set<string>;
  /** A server; the one before is taken to be dead. */
  open(sources?: Readonly<Record<string, BakePlan | undefined>>, baker?: MemoryBaker): Promise<OpenDataBakes>;
}

async function withWorld(act: (world: World) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wizard-bakes-'));
  const clock = manualClock(midnight);
  const opened: OpenDataBakes[] = [];
  const ended: string[] = [];
  const named = new Set<string>();
  const first = memoryBaker();
  try {
    await act({
      ...{ clock, baker: first, ended, named },
      async open(sources = { staging: plan, files: undefined }, baker = first) {
        const isNamed = async (image: string): Promise<boolean> => named.has(image);
        const about = {
          dataDir,
          sources,
          baker,
          clock,
          log: silentLog(),
          isNamed,
          ended: (name: string) => ended.push(name),
        };
        const bakes = dataBakes({ ...about, ended: (name) => void ended.push(name) });
        opened.push(bakes);
        await bakes.start();
        return bakes;
      },
    });
  } finally {
    for (const bakes of opened) await bakes.close();
    await rm(dataDir, { recursive: true });
  }
}

const settle = settleInRealTime(5000);
const lastOf = async (bakes: OpenDataBakes) => (await bakes.find('staging')).bakes[0];
const untilState = (bakes: OpenDataBakes, state: string): Promise<void> =>
  settle(async () => (await lastOf(bakes))?.state === state);
/** A bake that goes on until it is let go, or stopped. */
function held(baker: MemoryBaker): { readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  baker.next.push(async ({ stamp }, { signal, doing }) => {
    doing('loading the dump');
    const stopped = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    await Promise.race([promise, stopped]);
    return { version: `${stamp}-aaaaaaaa`, bytes: 5 };
  });
  return { release: resolve };
}
const failing = async (): Promise<never> => {
  const cause = new CommandOutput(['Access denied for hunter2-secret']);
  const about = { code: 'data/dump-failed', remedy: 'fix-setup', hint: 'Ask for rights.', cause } as const;
  throw new WizardError('dumping the database', about);
};

test('a version is in use when its bake is complete, not before', () =>
  withWorld(async ({ baker, ended, open }) => {
    const bakes = await open();
    const { release } = held(baker);
    const { begun, bake } = await bakes.bake('staging', 'mira');
    assert.deepEqual({ begun, by: bake.by, state: bake.state }, { begun: true, by: 'mira', state: 'running' });
    await settle(async () => (await lastOf(bakes))?.doing === 'loading the dump');
    assert.equal((await bakes.find('staging')).current, undefined);
    await assert.rejects(bakes.version('staging'), { code: 'data/baking', remedy: 'try-again' });
    release();
    await untilState(bakes, 'complete');
    assert.equal(await bakes.version('staging'), '20260101T000000Z-aaaaaaaa');
    await settle(async () => ended.length === 1);
  }));

test('who asks while one is under way is told of that one', () =>
  withWorld(async ({ baker, open }) => {
    const bakes = await open();
    const { release } = held(baker);
    const answers = await Promise.all([bakes.bake('staging', 'mira'), bakes.bake('staging', 'jo')]);
    assert.deepEqual(
      answers.map(({ begun }) => begun),
      [true, false],
    );
    assert.equal(answers[0]?.bake.id, answers[1]?.bake.id);
    release();
    await untilState(bakes, 'complete');
    assert.equal(baker.asked.filter((what) => what === 'bake staging').length, 1);
  }));

test('who asks while one that is complete tidies up gets another, of the data as they are then', () =>
  withWorld(async ({ open, baker }) => {
    const tidying = Promise.withResolvers<void>();
    const bakes = await open({ staging: plan }, { ...baker, keepOnly: () => tidying.promise });
    await bakes.bake('staging', 'mira');
    await untilState(bakes, 'complete');
    const asked = bakes.bake('staging', 'otto');
    tidying.resolve();
    const { begun, bake } = await asked;
    assert.deepEqual({ begun, by: bake.by }, { begun: true, by: 'otto' });
    await settle(async () => baker.asked.filter((what) => what === 'bake staging').length === 2);
  }));

test('a bake that fails leaves the version before in use, and says why without a secret', () =>
  withWorld(async ({ baker, open }) => {
    redactor.add(new Secret('hunter2-secret'));
    const bakes = await open();
    await bakes.bake('staging', 'mira');
    await untilState(bakes, 'complete');
    const version = await bakes.version('staging');
    await settle(async () => baker.asked.includes(`keep staging: ${version}`));
    baker.next.push(failing);
    assert.ok((await bakes.bake('staging', 'mira')).begun);
    await untilState(bakes, 'failed');
    assert.equal(await bakes.version('staging'), version);
    const failure = (await lastOf(bakes))?.failure;
    assert.deepEqual(failure?.lastLines, ['Access denied for [secret]']);
    assert.equal(failure?.hint, 'Ask for rights.');
    const log = await bakes.readLog('staging', undefined, 0);
    assert.match(log?.text ?? '', /failed: dumping the database.*\n {3}Access denied for \[secret\]/);
  }));

test('the first use begins a bake, and a failure of that waits for a person', () =>
  withWorld(async ({ baker, open }) => {
    const bakes = await open();
    baker.next.push(failing);
    await assert.rejects(bakes.version('staging'), { code: 'data/baking' });
    await untilState(bakes, 'failed');
    await settle(async () => (await bakes.find('staging')).bakes[0]?.doing === undefined);
    for (let look = 0; look < 3; look += 1)
      await assert.rejects(bakes.version('staging'), { code: 'data/bake-failed', remedy: 'fix-setup' });
    assert.equal(baker.asked.filter((what) => what === 'bake staging').length, 1);
  }));

test('a schedule is kept, and what was missed is made up once', () =>
  withWorld(async ({ clock, baker, open }) => {
    const first = await open({ staging: nightly });
    assert.equal((await first.find('staging')).nextAt, midnight + 4 * 60 * 60_000);
    const bakesDone = async (): Promise<number> =>
      (await first.find('staging')).bakes.filter(({ state }) => state === 'complete').length;
    // Timers and files take turns.
    for (let hour = 0; hour < 25; hour += 1) {
      for (let part = 0; part < 6; part += 1) await clock.advance(10 * 60_000);
      await settle(async () => clock.pending > 0);
    }
    await settle(async () => (await bakesDone()) === 1);
    await first.close();
    await clock.advance(5 * day);
    const second = await open({ staging: nightly }, baker);
    await settle(
      async () =>
        (await second.find('staging')).bakes.filter(({ by, state }) => by === 'schedule' && state === 'complete')
          .length === 2,
    );
    await settle(async () => ((await second.find('staging')).nextAt ?? 0) > clock.now());
  }));

test('what a killed server was baking is swept away and begun anew, thrice at most', () =>
  withWorld(async ({ baker, open, clock }) => {
    const first = await open();
    held(baker);
    await first.bake('staging', 'mira');
    await untilState(first, 'running');
    for (const tries of [2, 3]) {
      await clock.advance(1000);
      const next = memoryBaker();
      held(next);
      const bakes = await open(undefined, next);
      await settle(async () => next.asked.includes('bake staging'));
      assert.deepEqual(next.asked, ['sweep staging', 'bake staging']);
      const [last, before] = (await bakes.find('staging')).bakes;
      assert.deepEqual([last?.state, last?.by, before?.state], ['running', 'mira', 'interrupted'], `try ${tries}`);
    }
    const last = memoryBaker();
    const bakes = await open(undefined, last);
    await untilState(bakes, 'failed');
    assert.equal((await lastOf(bakes))?.failure?.code, 'data/cut-off');
    assert.deepEqual(last.asked, ['sweep staging']);
  }));

test('a server that is stopped in good order begins it anew however often', () =>
  withWorld(async ({ open, clock }) => {
    const next = memoryBaker();
    held(next);
    let bakes = await open(undefined, next);
    await bakes.bake('staging', 'mira');
    for (let stop = 0; stop < 5; stop += 1) {
      held(next);
      await settle(async () => next.asked.filter((what) => what === 'bake staging').length === stop + 1);
      await bakes.close();
      await clock.advance(1000);
      bakes = await open(undefined, next);
    }
    await untilState(bakes, 'running');
  }));

test('a bake whose server stops before it began begins nothing', () =>
  withWorld(async ({ baker, open }) => {
    const bakes = await open();
    held(baker);
    await bakes.bake('staging', 'mira');
    await bakes.close();
    assert.deepEqual(baker.asked, ['sweep staging']);
  }));

test('images that machines name stay beside the newest', () =>
  withWorld(async ({ baker, clock, named, open }) => {
    const bakes = await open();
    const versions: string[] = [];
    for (let nth = 0; nth < 4; nth += 1) {
      assert.ok((await bakes.bake('staging', 'mira')).begun);
      await settle(async () => baker.asked.filter((what) => what.startsWith('keep')).length === nth + 1);
      versions.push(await bakes.version('staging'));
      named.add(`r.example/data:${versions[0]}`);
      await clock.advance(60_000);
    }
    assert.equal(baker.asked.at(-1), `keep staging: ${[versions[0], versions[2], versions[3]].join(' ')}`);
    await settle(async () => (await bakes.find('staging')).bakes.length === 3);
  }));

test('names that nobody gave, and sources that are not baked, are told apart', () =>
  withWorld(async ({ open }) => {
    const bakes = await open();
    await assert.rejects(bakes.bake('stagin', 'mira'), {
      code: 'request/unknown-data-source',
      hint: 'There are staging, files.',
    });
    await assert.rejects(bakes.bake('files', 'mira'), { code: 'data/not-baked' });
    assert.deepEqual(await bakes.find('files'), { name: 'files', bakes: [] });
    assert.equal(await bakes.readLog('staging', undefined, 0), undefined);
  }));
