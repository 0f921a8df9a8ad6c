import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { realPart } from '../../../testing/real-part.ts';
import { runWorld } from '../../../testing/run-world.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { type CacheDriver, cacheDriver } from './cache-driver.ts';
import type { CacheSpec } from './cache-spec.ts';

type Engine = CacheSpec['engine'];
const noCache = (program: string): string | false =>
  realPart(`${program} is not installed`, existsSync(`/usr/bin/${program}`));

async function cacheWorld(engine: Engine) {
  const world = await runWorld();
  // For a cache that runs as another user.
  await chmod(world.root, 0o711);
  await mkdir(world.dataDir, { mode: 0o711 });
  const opened: CacheDriver[] = [];
  const open = (): CacheDriver => {
    opened.at(-1)?.close();
    const driver = cacheDriver(world.options);
    opened.push(driver);
    return driver;
  };
  const directoryOf = (claim: Claim): string => join(world.dataDir, 'caches/runs', claimName(claim));
  const spec: JsonObject = { engine, memoryMb: 16, ...(engine === 'redis' ? { password: { secret: 'token' } } : {}) };
  return { ...world, directoryOf, open, driver: open(), current: () => opened.at(-1), spec, opened };
}

async function lawsWorld(engine: Engine): Promise<ResourceWorld> {
  const world = await cacheWorld(engine);
  const refused = (over: JsonObject) => world.driver.create(aClaim(), { ...world.spec, ...over }, aCall());
  return {
    driver: world.driver,
    reopen: world.open,
    spec: world.spec,
    otherSpec: { ...world.spec, memoryMb: 24 },
    deleteBehindBack: async (claim) => {
      await world.killAll(claim);
      await rm(world.directoryOf(claim), { recursive: true });
    },
    halfMake: async (claim) => {
      await mkdir(world.directoryOf(claim), { recursive: true });
      const record = { kind: 'cache', spec: world.spec, bootId: 'another', startedAt: 0, port: 12_345 };
      await writeFile(join(world.directoryOf(claim), 'run.json'), JSON.stringify(record));
    },
    count: world.runsOf,
    troubles: [
      { what: 'an unknown secret', remedy: 'fix-setup', provoke: () => refused({ password: { secret: 'unknown' } }) },
      { what: 'a spec of another kind', remedy: 'report-bug', provoke: () => refused({ engine: 'mongo' }) },
    ],
    secrets: ['correct-horse-battery'],
    many: 3,
    settle: world.settle,
    timeToSettleMs: 20_000,
    close: async () => {
      for (const driver of world.opened) driver.close();
      await world.close();
    },
  };
}

const said = (port: number, question: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(question));
    socket.once('error', reject);
    socket.once('data', (bytes) => {
      socket.destroy();
      resolve(bytes.toString());
    });
  });

/** What it says to somebody who is signed in. */
const answersTo = (port: number, command: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port }, () =>
      socket.end(`AUTH correct-horse-battery\r\n${command}\r\nQUIT\r\n`),
    );
    socket.once('error', reject);
    socket.on('data', (bytes) => {
      text += bytes.toString();
    });
    socket.once('close', () => resolve(text));
  });

for (const [engine, program] of [
  ['redis', 'redis-server'],
  ['memcached', 'memcached'],
] as const) {
  const skip = noCache(program);
  describe(engine, { skip }, () => {
    if (skip) return;
    resourceLaws({ name: 'cache driver keeps the laws of resources', newWorld: () => lawsWorld(engine) });
  });
}

describe('cache driver', { skip: noCache('redis-server') }, () => {
  test('Redis lets nobody in without the password, cannot write files, and leaves its password in no file', async () => {
    const world = await cacheWorld('redis');
    try {
      await world.driver.create(aClaim(), world.spec, aCall());
      const facts = await readyFacts(world);
      const port = Number(facts['port']);
      assert.match(await said(port, 'PING\r\n'), /^-NOAUTH/);
      assert.match(await said(port, 'AUTH correct-horse-battery\r\n'), /^\+OK/);
      for (const command of ['SAVE', 'SHUTDOWN', 'MODULE LIST', 'DEBUG JMAP'])
        assert.match(await answersTo(port, command), /-ERR unknown command/, command);
      assert.deepEqual(await readdir(join(world.dataDir, 'cache-configs')), []);
    } finally {
      for (const driver of world.opened) driver.close();
      await world.close();
    }
  });

  test('a data directory that its user may not enter is said, with what helps', {
    skip: realPart('only root starts a cache as another user', process.getuid?.() === 0),
  }, async () => {
    const world = await cacheWorld('redis');
    try {
      await chmod(world.root, 0o700);
      await assert.rejects(world.driver.create(aClaim(), world.spec, aCall()), {
        code: 'cache/closed-folder',
        hint: `Let it: chmod o+x ${world.root}`,
      });
      await chmod(world.root, 0o711);
      await world.driver.create(aClaim(), world.spec, aCall());
      await readyFacts(world);
    } finally {
      for (const driver of world.opened) driver.close();
      await world.close();
    }
  });

  test('at rest nothing runs, and it counts as ready', async () => {
    const world = await cacheWorld('redis');
    try {
      const off = { ...world.spec, power: 'off' };
      await world.driver.create(aClaim(), off, aCall());
      await world.settle(async () => (await world.driver.observe(aClaim(), off, aCall())).is === 'ready');
      assert.equal(await world.runsOf(aClaim()), 0);
    } finally {
      for (const driver of world.opened) driver.close();
      await world.close();
    }
  });
});

async function readyFacts(world: Awaited<ReturnType<typeof cacheWorld>>): Promise<JsonObject> {
  let facts: JsonObject = {};
  await world.settle(async () => {
    const seen = await world.driver.observe(aClaim(), world.spec, aCall());
    if (seen.is === 'broken') assert.fail(`${seen.note}: ${seen.lastLines?.join(' ')}`);
    if (seen.is === 'ready') facts = seen.facts;
    return seen.is === 'ready';
  });
  return facts;
}
