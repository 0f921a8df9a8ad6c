import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { httpTarget } from '../../../testing/http-target.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import type { JsonObject } from '../../domain/json.ts';
import { systemClock } from '../../kit/clock.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { httpCheck } from './http-check.ts';

const claim = aClaim({ role: 'health' });
const settle = settleInRealTime(10_000);

async function opened(t: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'wizard-http-check-'));
  const machine = await httpTarget();
  const told: string[] = [];
  let aheadMs = 0;
  const open = () =>
    httpCheck({
      dataDir,
      shared: { changed: ({ role }) => void told.push(role) },
      clock: { ...systemClock, monotonic: () => systemClock.monotonic() + aheadMs },
      log: silentLog(),
    });
  let driver = open();
  t.after(async () => {
    driver.close();
    await machine.stop();
    await rm(dataDir, { recursive: true });
  });
  const target = { address: '127.0.0.1', port: machine.port, host: 'app-shop-7.preview.example' };
  const spec = (over: JsonObject = {}): JsonObject => ({
    revision: aSha(1),
    path: '/health?deep=1',
    status: 200,
    targets: { app: target },
    ...over,
  });
  const observe = (wanted = spec()): Promise<Observation> => driver.observe(claim, wanted, aCall());
  return {
    machine,
    told,
    target,
    spec,
    observe,
    driver: () => driver,
    reopen: () => {
      driver.close();
      driver = open();
    },
    later: (ms: number) => {
      aheadMs += ms;
    },
    is: (state: Observation['is'], wanted = spec()) => settle(async () => (await observe(wanted)).is === state),
  };
}

test('it is ready when the machine answers under the name that people open, and tells so by itself', async (t) => {
  const { machine, told, driver, spec, observe } = await opened(t);
  await driver().create(claim, spec(), aCall());
  await settle(async () => told.length > 0);
  assert.deepEqual(await observe(), { is: 'ready', facts: { revision: aSha(1) }, drift: [] });
  assert.equal(machine.asked[0]?.host, 'app-shop-7.preview.example');
});

test('another status, a redirect and silence are waited for with what was seen', async (t) => {
  const { machine, driver, spec, observe } = await opened(t);
  const sees = (note: RegExp) =>
    settle(async () => {
      const seen = await observe();
      return seen.is === 'arriving' && note.test(seen.note);
    });
  machine.answer = (_, response) => void response.writeHead(502).end();
  await driver().create(claim, spec(), aCall());
  await sees(/^app: GET \/health\?deep=1 answers 502, not 200$/);
  machine.answer = (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end();
  await sees(/answers 302, not 200/);
  await machine.stop();
  await sees(/^app: port \d+ does not answer yet$/);
  await machine.start();
  machine.answer = (_, response) => void response.end('hello');
  await settle(async () => (await observe()).is === 'ready');
});

test('a redirect is what is asked for where the recipe says so, and it is not followed', async (t) => {
  const { machine, driver, spec, is } = await opened(t);
  machine.answer = (_, response) => void response.writeHead(302, { location: '/elsewhere' }).end();
  await driver().create(claim, spec({ status: 302 }), aCall());
  await is('ready', spec({ status: 302 }));
  assert.equal(machine.asked.length, 1);
});

test('every endpoint must answer', async (t) => {
  const { driver, spec, target, is, observe } = await opened(t);
  const other = await httpTarget((_, response) => void response.writeHead(500).end());
  t.after(() => other.stop());
  const wanted = spec({ targets: { app: target, api: { ...target, port: other.port } } });
  await driver().create(claim, wanted, aCall());
  await settle(async () => {
    const seen = await observe(wanted);
    return seen.is === 'arriving' && seen.note.startsWith('api: GET');
  });
  other.answer = (_, response) => void response.end();
  await is('ready', wanted);
});

test('with a revision header, the answer of the old commit is not taken for the new one', async (t) => {
  const { machine, driver, spec, observe, is } = await opened(t);
  const wanted = (n: number) => spec({ revisionHeader: 'X-Revision', revision: aSha(n) });
  let runs = aSha(1);
  machine.answer = (_, response) => void response.setHeader('x-revision', runs).end();
  await driver().create(claim, wanted(1), aCall());
  await is('ready', wanted(1));
  const drifted = await observe(wanted(2));
  assert.ok(drifted.is === 'ready' && drifted.drift[0]?.field === 'revision');
  await driver().update(claim, wanted(2), aCall());
  await settle(async () => {
    const seen = await observe(wanted(2));
    return seen.is === 'arriving' && seen.note.startsWith('app: its header X-Revision says');
  });
  runs = aSha(2);
  await is('ready', wanted(2));
});

test('what does not answer any more is seen at a later look, and told when it does again', async (t) => {
  const { machine, told, driver, spec, observe, later, is } = await opened(t);
  await driver().create(claim, spec(), aCall());
  await is('ready');
  await machine.stop();
  assert.equal((await observe()).is, 'ready', 'it was asked a moment ago');
  later(60_000);
  const lost = await observe();
  assert.ok(lost.is === 'arriving');
  assert.match(lost.note, /^it worked, and does not any more: app: port/);
  const before = told.length;
  await machine.start();
  await settle(async () => told.length > before);
  assert.equal((await observe()).is, 'ready');
});

test('one lost answer is no loss', async (t) => {
  const { machine, driver, spec, observe, later, is } = await opened(t);
  await driver().create(claim, spec(), aCall());
  await is('ready');
  later(60_000);
  let first = true;
  machine.answer = (request, response) => {
    if (first) request.socket.destroy();
    else response.end();
    first = false;
  };
  assert.equal((await observe()).is, 'ready');
});

test('after a restart it is asked again by itself', async (t) => {
  const { machine, told, driver, spec, reopen, is, observe } = await opened(t);
  await machine.stop();
  await driver().create(claim, spec(), aCall());
  reopen();
  assert.equal((await observe()).is, 'arriving');
  await machine.start();
  await settle(async () => told.length > 0);
  await is('ready');
});

test('a check that is destroyed asks nobody any more', async (t) => {
  const { machine, driver, spec, target, is } = await opened(t);
  machine.answer = (_, response) => void response.writeHead(500).end();
  await driver().create(claim, spec(), aCall());
  await settle(async () => machine.asked.length > 1);
  await driver().destroy(claim, aCall());
  await is('absent');
  const { length } = machine.asked;
  // As many looks at another as would have reached this one several times over.
  const other = await httpTarget((_, response) => void response.writeHead(500).end());
  t.after(() => other.stop());
  const elsewhere = { ...claim, generation: 2 };
  await driver().create(elsewhere, spec({ targets: { app: { ...target, port: other.port } } }), aCall());
  await settle(async () => other.asked.length > 12);
  assert.ok(machine.asked.length <= length + 1, `${machine.asked.length - length} more looks`);
});
