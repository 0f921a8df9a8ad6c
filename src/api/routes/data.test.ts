import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { at, checkedWorld, listAt } from '../../../testing/checked-api.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { type MemoryBaker, memoryBaker } from '../../../testing/memory-baker.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { dataBakes } from '../../bake/data-bakes.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { systemClock } from '../../kit/clock.ts';

const copy = {
  version: '20260101T000000Z',
  engine: 'mariadb',
  serverVersion: '10.11.19',
  madeAt: 1_767_225_600_000,
  bytes: 2_000_000,
  masked: true,
  clones: 3,
};
type World = ReturnType<typeof checkedWorld>;

/** `staging` is baked each Sunday, `files` is not. */
async function withData(act: (world: World, baker: MemoryBaker) => Promise<void>): Promise<void> {
  const dataDir = await mkdtemp(join(tmpdir(), 'wizard-data-api-'));
  const baker = memoryBaker();
  const staging = { image: 'r.example/data', golden: true, schedule: '@weekly', timeZone: 'UTC', keep: 2 };
  const sources = { staging, files: undefined };
  const bakes = dataBakes({
    dataDir,
    sources,
    baker,
    clock: systemClock,
    log: silentLog(),
    copies: async () => [copy],
  });
  await bakes.start();
  try {
    await act(checkedWorld({ bakes }), baker);
  } finally {
    await bakes.close();
    await rm(dataDir, { recursive: true });
  }
}

const settle = settleInRealTime(5000);
const untilState = ({ get }: World, state: string): Promise<void> =>
  settle(async () => at((await get('/api/v1/data/staging')).body, 'bakes', 0, 'state') === state);

test('sources are listed with what is in use and what comes next', () =>
  withData(async (world) => {
    const { status, body } = await world.post('/api/v1/data/staging/bake');
    assert.equal(status, 202);
    assert.equal(at(body, 'begun'), true);
    await untilState(world, 'complete');
    const [staging, files] = listAt((await world.get('/api/v1/data')).body, 'sources');
    assert.deepEqual(files, { name: 'files', bakes: [] });
    assert.deepEqual(at(staging, 'copies'), [copy]);
    assert.equal(at(staging, 'current'), at(staging, 'bakes', 0, 'version'));
    assert.equal(at(staging, 'bakes', 0, 'bytes'), 1_500_000);
    assert.ok(Number(at(staging, 'nextAt')) > systemClock.now());
  }));

test('who asks while one is under way gets that one, and its log until it has ended', () =>
  withData(async (world, baker) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    baker.next.push(async ({ stamp }, { doing }) => {
      doing('loading the dump');
      await promise;
      return { version: `${stamp}-aaaaaaaa`, bytes: 1 };
    });
    const first = (await world.post('/api/v1/data/staging/bake')).body;
    const second = (await world.post('/api/v1/data/staging/bake')).body;
    assert.deepEqual([at(first, 'begun'), at(second, 'begun')], [true, false]);
    assert.equal(at(first, 'bake', 'id'), at(second, 'bake', 'id'));
    const log = async (from: number) => (await world.get(`/api/v1/data/staging/log?from=${from}`)).body;
    await settle(async () => at(await log(0), 'text') === '== loading the dump\n');
    assert.equal(at(await log(20), 'ended'), false);
    resolve();
    await untilState(world, 'complete');
    assert.match(String(at(await log(20), 'text')), /^== complete: r\.example\/data:/);
    assert.equal(at(await log(Number(at(await log(20), 'next'))), 'ended'), true);
  }));

test('a failure is told with its code, its hint and the last lines', () =>
  withData(async (world, baker) => {
    const about = { code: 'data/push-failed', remedy: 'fix-setup', hint: 'Sign in.' } as const;
    baker.next.push(() => Promise.reject(new WizardError('pushing the image', about)));
    await world.post('/api/v1/data/staging/bake');
    await untilState(world, 'failed');
    const failure = at((await world.get('/api/v1/data/staging')).body, 'bakes', 0, 'failure');
    assert.deepEqual(failure, {
      code: 'data/push-failed',
      message: 'pushing the image',
      hint: 'Sign in.',
      lastLines: [],
    });
  }));

test('what is not there, and what is not baked, is told apart', () =>
  withData(async (world) => {
    const codeOf = async (asked: Promise<{ status: number; body: unknown }>): Promise<unknown[]> => {
      const { status, body } = await asked;
      return [status, at(body, 'error', 'code')];
    };
    assert.deepEqual(await codeOf(world.get('/api/v1/data/stagin')), [404, 'request/unknown-data-source']);
    assert.deepEqual(await codeOf(world.post('/api/v1/data/files/bake')), [422, 'data/not-baked']);
    assert.deepEqual(await codeOf(world.get('/api/v1/data/staging/log')), [404, 'request/unknown-log']);
    assert.deepEqual(await codeOf(world.get('/api/v1/data/staging/log?bake=../../x')), [404, 'request/unknown-log']);
  }));
