import assert from 'node:assert/strict';
import { before, describe, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import { containerImages, type ImageEngine } from '../../../testing/container-images.ts';
import { livesOnWithoutRecords } from '../../../testing/lost-records.ts';
import { docker, dockerLines } from '../../../testing/machine-bed/docker.ts';
import { noBed } from '../../../testing/machine-bed/no-bed.ts';
import { silentRegistry } from '../../../testing/silent-registry.ts';
import type { EnvironmentId } from '../../domain/claim.ts';
import { cacheContainers } from './cache-containers.ts';
import { answersTo, cacheLawsWorld, cacheWorld, memcachedProof, otherPassword, said } from './cache-test-world.ts';

const other = aClaim({ environment: 'shop-8' as EnvironmentId });
const password = 'correct-horse-battery';
let images: Readonly<Record<ImageEngine, string>> | undefined;
const imageOf = (engine: ImageEngine): string => images?.[engine] ?? assert.fail('images are built before');

describe('caches that are containers', { skip: noBed }, () => {
  before(async () => {
    images = await containerImages();
  });

  for (const engine of ['redis', 'memcached'] as const)
    describe(engine, () => {
      resourceLaws({
        name: 'cache driver keeps the laws of resources',
        newWorld: () => cacheLawsWorld({ engine, container: imageOf(engine) }),
      });
    });

  test('Redis is on loopback alone, lets nobody in without its own password, and leaves nothing', async (context) => {
    const world = await cacheWorld({ engine: 'redis', container: imageOf('redis') });
    context.after(() => world.close());
    const facts = await world.made();
    await world.made(other, { ...world.spec, password: { secret: 'other' } });
    assert.match(await said(facts, 'PING\r\n'), /^-NOAUTH/);
    assert.match(await said(facts, `AUTH ${otherPassword}\r\n`), /^-WRONGPASS/);
    assert.match(await said(facts, `AUTH ${password}\r\n`), /^\+OK/);

    const { instance } = world.options;
    const { nameOf } = cacheContainers(instance);
    const ports = await docker(['ps', '--filter', `name=${nameOf(aClaim())}`, '--format', '{{.Ports}}']);
    const published = ports.split(', ').filter((one) => one.includes('->'));
    assert.deepEqual(published, [`127.0.0.1:${facts['port']}->${facts['port']}/tcp`]);
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}';
    const address = await docker(['inspect', '--format', format, nameOf(aClaim())]);
    const knock = ['timeout', '3', 'bash', '-c', `exec 3<>/dev/tcp/${address}/${facts['port']}`];
    await assert.rejects(docker(['exec', nameOf(other), ...knock]), 'other containers do not reach it');

    // As after a kill in the middle of a start: a container that no record tells of.
    const stray = nameOf(aClaim({ role: 'lost' }));
    await docker(['run', '--detach', `--name=${stray}`, '--network=none', imageOf('redis')]);
    for await (const claim of world.current().owned(aCall())) await world.current().destroy(claim, aCall());
    await world.settle(async () => (await Array.fromAsync(world.current().owned(aCall()))).length === 0);
    assert.deepEqual(await dockerLines(['ps', '--all', '--quiet', '--filter', `name=wizard-${instance}-`]), []);
  });

  test('memcached on a socket has no network, and with a password lets nobody in without its own', async (context) => {
    const world = await cacheWorld({ engine: 'memcached', container: imageOf('memcached') });
    context.after(() => world.close());
    const facts = await world.made();
    const name = cacheContainers(world.options.instance).nameOf(aClaim());
    assert.equal(await docker(['inspect', '--format', '{{.HostConfig.NetworkMode}}', name]), 'none');
    assert.match(await answersTo(facts, 'set word 0 0 4', 'mine', 'quit'), /^STORED/);
    const { socket: _, ...bare } = world.spec;
    const closed = await world.made(other, { ...bare, password: { secret: 'other' } });
    assert.match(await said(closed, 'get word\r\n'), /^CLIENT_ERROR/);
    assert.match(await answersTo(closed, ...memcachedProof(password), 'get word', 'quit'), /CLIENT_ERROR/);
    assert.match(await answersTo(closed, ...memcachedProof(otherPassword), 'get word', 'quit'), /^STORED\r\nEND/);
  });

  test('one whose records are lost is broken while it lives, and ended with its container', async (context) => {
    const world = await cacheWorld({ engine: 'redis', container: imageOf('redis') });
    context.after(() => world.close());
    const { open, spec } = world;
    const name = cacheContainers(world.options.instance).nameOf(aClaim());
    const whenAbsent = async (): Promise<void> =>
      assert.deepEqual(await dockerLines(['ps', '--all', '--quiet', '--filter', `name=${name}`]), []);
    await livesOnWithoutRecords({ world, open, claim: aClaim(), spec, is: 'ready', processes: 2, whenAbsent });
  });

  test('one whose image does not come is gone as soon as nobody wants it', async (context) => {
    const world = await cacheWorld({ engine: 'redis', container: imageOf('redis') });
    context.after(() => world.close());
    const registry = await silentRegistry();
    context.after(() => registry.close());
    const wanted = { ...world.spec, container: registry.image };
    await world.driver.create(aClaim(), wanted, aCall());
    await registry.asked;
    assert.equal((await world.driver.observe(aClaim(), wanted, aCall())).is, 'arriving');
    await world.driver.destroy(aClaim(), aCall());
    await world.settle(async () => (await world.driver.observe(aClaim(), wanted, aCall())).is === 'absent');

    // A server that stops leaves it to the next one.
    await world.driver.create(aClaim(), wanted, aCall());
    const next = world.open();
    assert.equal((await next.observe(aClaim(), wanted, aCall())).is, 'absent');
  });

  test('an image needs the program, and no user of its own', async (context) => {
    const without = `machine-bed/redis:without-user-${process.pid}`;
    const lines = `FROM ${imageOf('redis')}\nUSER root\nRUN sed -i /^redis:/d /etc/passwd\n`;
    await docker(['build', '--quiet', '--tag', without, '-'], { input: lines });
    const world = await cacheWorld({ engine: 'redis', container: without });
    context.after(async () => {
      await world.close();
      await docker(['image', 'rm', without]);
    });
    assert.match(await said(await world.made(), `AUTH ${password}\r\n`), /^\+OK/);
    const wrong = { ...world.spec, container: imageOf('memcached') };
    await world.driver.create(other, wrong, aCall());
    await world.settle(async () => (await world.driver.observe(other, wrong, aCall())).is === 'broken');
    const seen = await world.driver.observe(other, wrong, aCall());
    assert.ok(seen.is === 'broken' && seen.code === 'container/wrong-image' && /no redis-server/.test(seen.note));
  });

  test('an image of another version is said', async (context) => {
    const world = await cacheWorld({ engine: 'redis', container: imageOf('redis') });
    context.after(() => world.close());
    const wanted = { ...world.spec, serverVersion: '99' };
    await world.driver.create(aClaim(), wanted, aCall());
    await world.settle(async () => (await world.driver.observe(aClaim(), wanted, aCall())).is === 'broken');
    const seen = await world.driver.observe(aClaim(), wanted, aCall());
    assert.ok(seen.is === 'broken' && seen.code === 'cache/wrong-image' && seen.remedy === 'change-input');
  });
});
