import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { createApiWorld, stepOf, token, viewOf } from '../../testing/api-world.ts';
import { serveWorld } from '../../testing/served-world.ts';
import { createRedactor } from '../kit/redact.ts';
import { Secret } from '../kit/secret.ts';
import { type ReadEvent, readEvents } from './read-events.ts';

async function open(context: TestContext, url: string, headers: Record<string, string> = {}) {
  const leave = new AbortController();
  context.after(() => leave.abort());
  const response = await fetch(url, {
    headers: { authorization: `Bearer ${token}`, ...headers },
    signal: leave.signal,
  });
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/);
  assert.ok(response.body);
  const events = readEvents(response.body);
  /** Reads on until an event of this name comes; what came before it is in `passed`. */
  const until = async (
    name: string,
    passed: ReadEvent[] = [],
  ): Promise<Record<string, unknown> & { passed: ReadEvent[] }> => {
    for (;;) {
      const { done, value } = await events.next();
      assert.ok(!done, `the stream ended before ${name}`);
      if (value.event === name) return { ...(value.data as Record<string, unknown>), passed };
      passed.push(value);
    }
  };
  return { until, events, leave: () => leave.abort() };
}

/** Waits for what has no event, without guessing how long it takes. */
async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !holds(); turn++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(holds());
}

const limit = { timeout: 20_000 };

test('all environments are told first, then each change and each that is forgotten', limit, async (context) => {
  const { world, url } = await serveWorld(context);
  world.put(viewOf('shop-7'));
  const stream = await open(context, `${url}/api/v1/events`);
  assert.deepEqual(
    (await stream.until('ready')).passed.map(({ event }) => event),
    ['environment'],
  );
  world.put(viewOf('shop-8', { environment: { phase: 'building' } }));
  assert.equal((await stream.until('environment'))['id'], 'shop-8');
  world.changed('shop-8');
  world.forget('shop-7');
  const removed = await stream.until('removed');
  assert.deepEqual([removed['id'], removed.passed], ['shop-7', []], 'a change that changes nothing is no news');
});

test('an environment is followed with its changes, its timeline and its end', limit, async (context) => {
  const { world, url } = await serveWorld(context);
  world.put(viewOf('shop-7', { environment: { phase: 'building' } }));
  world.happened('shop-7', 'create', 'web: making it');
  const stream = await open(context, `${url}/api/v1/environments/shop-7/events`);
  assert.equal((await stream.until('environment'))['phase'], 'building');
  assert.equal((await stream.until('timeline'))['what'], 'create');
  world.put(viewOf('shop-7'));
  assert.equal((await stream.until('environment'))['phase'], 'live');
  world.happened('shop-7', 'ready', 'web: ready');
  const entry = await stream.until('timeline');
  assert.deepEqual([entry['what'], entry['tookMs'], entry['details']], ['ready', 1200, undefined]);
  world.forget('shop-7');
  await stream.until('removed');
  assert.equal((await stream.events.next()).done, true);
});

test(
  'with Last-Event-ID the timeline goes on after that entry, none twice and none left out',
  limit,
  async (context) => {
    const { world, url } = await serveWorld(context);
    world.put(viewOf('shop-7'));
    for (let count = 1; count <= 450; count++) world.happened('shop-7', 'create', `entry ${count}`);
    const stream = await open(context, `${url}/api/v1/environments/shop-7/events`, { 'last-event-id': '30' });
    const seen: unknown[] = [];
    while (seen.length < 420) seen.push((await stream.until('timeline'))['id']);
    assert.deepEqual(
      seen,
      Array.from({ length: 420 }, (_, index) => index + 31),
    );
  },
);

test(
  'the logs of working steps are told as they grow, with the last words of one that ended',
  limit,
  async (context) => {
    const { world, url } = await serveWorld(context);
    const steps = (state: 'working' | 'done') => [stepOf('build', { state, kind: 'command' }), stepOf('web')];
    world.put(viewOf('shop-7', { environment: { phase: 'building' }, steps: steps('working') }));
    world.logs.set('shop-7 build.0a1b2c3d', 'one\n');
    world.logs.set('shop-7 web.0a1b2c3d', 'not followed\n');
    const stream = await open(context, `${url}/api/v1/environments/shop-7/events`);
    const { passed: _, ...first } = await stream.until('log');
    assert.deepEqual(first, { step: 'build', role: 'build.0a1b2c3d', from: 0, text: 'one\n', next: 4 });
    world.logs.set('shop-7 build.0a1b2c3d', 'one\ntwo\n');
    assert.equal((await stream.until('log'))['text'], 'two\n', 'seen although nothing else changed');
    world.logs.set('shop-7 build.0a1b2c3d', 'one\ntwo\nlast\n');
    world.put(viewOf('shop-7', { steps: steps('done') }));
    assert.equal((await stream.until('log'))['text'], 'last\n');
  },
);

test('a client that leaves costs nothing any more', limit, async (context) => {
  const { world, url } = await serveWorld(context);
  world.put(viewOf('shop-7'));
  for (const path of ['events', 'environments/shop-7/events']) {
    const stream = await open(context, `${url}/api/v1/${path}`);
    await stream.until('environment');
    assert.equal(world.watchers.size, 1);
    stream.leave();
    await eventually(() => world.watchers.size === 0);
  }
});

test('streams end when the server stops', limit, async (context) => {
  const stop = new AbortController();
  const { world, url } = await serveWorld(context, createApiWorld({ signal: stop.signal }));
  world.put(viewOf('shop-7'));
  const streams = [
    await open(context, `${url}/api/v1/events`),
    await open(context, `${url}/api/v1/environments/shop-7/events`),
  ];
  for (const stream of streams) await stream.until('environment');
  stop.abort();
  for (const stream of streams) {
    for (let done = false; !done; ) done = (await stream.events.next()).done ?? false;
  }
  assert.equal(world.watchers.size, 0);
});

test('a HEAD request opens no stream', limit, async (context) => {
  const { world, url } = await serveWorld(context);
  world.put(viewOf('shop-7'));
  for (const path of ['events', 'environments/shop-7/events']) {
    await fetch(`${url}/api/v1/${path}`, { method: 'HEAD', headers: { authorization: `Bearer ${token}` } });
  }
  assert.equal(world.watchers.size, 0);
});

test('no known secret leaves through a stream, and text cannot forge an event', limit, async (context) => {
  const redactor = createRedactor();
  redactor.add(new Secret('canary-4711'));
  const { world, url } = await serveWorld(context, createApiWorld({ redact: redactor.redact }));
  world.put(viewOf('shop-7', { news: { title: 'canary-4711\n\nevent: removed\ndata: {}\n\n' } }));
  const stream = await open(context, `${url}/api/v1/environments/shop-7/events`);
  assert.equal((await stream.until('environment'))['title'], '[secret]\n\nevent: removed\ndata: {}\n\n');
  world.happened('shop-7', 'create', 'x');
  assert.deepEqual((await stream.until('timeline')).passed, []);
});
