import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { livesOnWithoutRecords } from '../../../testing/lost-records.ts';
import { realPart } from '../../../testing/real-part.ts';
import type { EnvironmentId } from '../../domain/claim.ts';
import type { JsonObject } from '../../domain/json.ts';
import { answersTo, cacheLawsWorld, cacheWorld, memcachedProof, otherPassword, said } from './cache-test-world.ts';

const noCache = (program: string): string | false =>
  realPart(`${program} is not installed`, existsSync(`/usr/bin/${program}`));
const onlyRoot = realPart('only root starts a cache as another user', process.getuid?.() === 0);
const other = aClaim({ environment: 'shop-8' as EnvironmentId });
const password = 'correct-horse-battery';

for (const [engine, program] of [
  ['redis', 'redis-server'],
  ['memcached', 'memcached'],
] as const) {
  const skip = noCache(program);
  describe(engine, { skip }, () => {
    if (skip) return;
    resourceLaws({ name: 'cache driver keeps the laws of resources', newWorld: () => cacheLawsWorld({ engine }) });

    test('the version that the recipe asks for is found, or named with what is there', async (context) => {
      const world = await cacheWorld({ engine });
      context.after(() => world.close());
      const { stdout } = await promisify(execFile)(program, ['--version']);
      const major = /(\d+)\.\d/.exec(stdout)?.[1] ?? '';
      await world.made(aClaim(), { ...world.spec, serverVersion: major });
      await assert.rejects(world.driver.create(other, { ...world.spec, serverVersion: '99.1' }, aCall()), {
        code: 'cache/no-server',
        message: new RegExp(`${engine} 99\\.1: this machine has ${major}\\.`),
      });
    });
  });
}

describe('Redis', { skip: noCache('redis-server') }, () => {
  test('lets nobody in without its own password, can neither write files nor be set anew, and leaves its password in no file', async (context) => {
    const world = await cacheWorld({ engine: 'redis' });
    context.after(() => world.close());
    const facts = await world.made();
    await world.made(other, { ...world.spec, password: { secret: 'other' } });
    assert.match(await said(facts, 'PING\r\n'), /^-NOAUTH/);
    assert.match(await said(facts, `AUTH ${otherPassword}\r\n`), /^-WRONGPASS/);
    assert.match(await said(facts, `AUTH ${password}\r\n`), /^\+OK/);
    const settings = ['CONFIG SET maxmemory 0', 'CONFIG SET save "1 1"', 'CONFIG SET bind *', 'CONFIG REWRITE'];
    for (const command of ['SAVE', 'SHUTDOWN', 'MODULE LIST', 'DEBUG JMAP', ...settings])
      assert.match(await answersTo(facts, `AUTH ${password}`, command, 'QUIT'), /-ERR unknown command/, command);
    assert.deepEqual(await readdir(join(world.dataDir, 'cache-configs')), []);
  });

  test('a data directory that its user may not enter is said, with what helps', { skip: onlyRoot }, async (context) => {
    const world = await cacheWorld({ engine: 'redis' });
    context.after(() => world.close());
    await chmod(world.root, 0o700);
    await assert.rejects(world.driver.create(aClaim(), world.spec, aCall()), {
      code: 'cache/closed-folder',
      hint: `Let it: chmod o+x ${world.root}`,
    });
    await chmod(world.root, 0o711);
    await world.made();
  });

  test('one whose records are lost is broken while it lives, and ended', async (context) => {
    const world = await cacheWorld({ engine: 'redis' });
    context.after(() => world.close());
    const { open, spec } = world;
    // Redis writes its title over its marks: of the two processes only the wrapper bears them.
    const whenAbsent = (facts: JsonObject) => assert.rejects(said(facts, 'PING\r\n'), { code: 'ECONNREFUSED' });
    await livesOnWithoutRecords({ world, open, claim: aClaim(), spec, is: 'ready', processes: 1, whenAbsent });
  });

  test('at rest nothing runs, and it counts as ready', async (context) => {
    const world = await cacheWorld({ engine: 'redis' });
    context.after(() => world.close());
    await world.made(aClaim(), { ...world.spec, power: 'off' });
    assert.equal(await world.runsOf(aClaim()), 0);
  });
});

describe('memcached', { skip: noCache('memcached') }, () => {
  test('on a socket has no port, and no other user of this machine may open it', {
    skip: onlyRoot,
  }, async (context) => {
    const world = await cacheWorld({ engine: 'memcached' });
    context.after(() => world.close());
    const [facts, others] = [await world.made(), await world.made(other)];
    assert.equal(facts['port'], undefined);
    assert.match(await answersTo(facts, 'set word 0 0 4', 'mine', 'quit'), /^STORED/);
    assert.match(await answersTo(others, 'get word', 'quit'), /^END/, "another environment's own is another one");
    const knock = `require('node:net').connect(${JSON.stringify(facts['socket'])}).on('error', (e) => process.exit(e.code === 'EACCES' ? 13 : 1))`;
    const argv = ['--reuid=65534', '--regid=65534', '--clear-groups', '--', process.execPath, '-e', knock];
    await assert.rejects(promisify(execFile)('setpriv', argv), { code: 13 });
    await world.driver.destroy(aClaim(), aCall());
    await world.settle(async () => !existsSync(String(facts['socket'])));
  });

  test('with a password lets nobody in without its own', async (context) => {
    const world = await cacheWorld({ engine: 'memcached', access: 'password' });
    context.after(() => world.close());
    const facts = await world.made();
    assert.equal(facts['user'], 'app');
    assert.match(await said(facts, 'get word\r\n'), /^CLIENT_ERROR/);
    assert.match(await answersTo(facts, ...memcachedProof(otherPassword), 'get word', 'quit'), /CLIENT_ERROR/);
    assert.match(await answersTo(facts, ...memcachedProof(password), 'get word', 'quit'), /^STORED\r\nEND/);
    assert.deepEqual(await readdir(join(world.dataDir, 'cache-configs')), []);
  });

  test('on a port without a password is there where a recipe wants it so', async (context) => {
    const world = await cacheWorld({ engine: 'memcached', access: 'port' });
    context.after(() => world.close());
    assert.match(await answersTo(await world.made(), 'version', 'quit'), /^VERSION/);
  });
});
