import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { aSha } from '../../testing/builders.ts';
import { appHost, aStep, aView, closedPort, type GatewayWorld, openGatewayWorld } from '../../testing/gateway-world.ts';

const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };

describe('a host behind which nothing serves', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
    world.put(aView({ steps: [aStep({ state: 'working', usualMs: 3_000 })], remainingMs: 3_000 }));
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('shows people the live page at any path', async () => {
    const { status, headers, body } = await world.get('/some/page?x=1', browser);
    assert.equal(status, 503);
    assert.match(body, /^<!doctype html>[\s\S]*Getting ready/);
    assert.equal(headers['retry-after'], '2');
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-robots-tag'], 'noindex, nofollow');
    const nonce = /nonce="([^"]+)"/.exec(body)?.[1] ?? 'none';
    assert.ok(headers['content-security-policy']?.toString().includes(`script-src 'nonce-${nonce}'`));
  });

  const build = aStep({ name: 'build-all', role: 'build.1', kind: 'command', state: 'working' });
  const logIn = (body: string): string | undefined =>
    /<section id="log"><h2>Build: all<\/h2><pre[^>]*>([^<]*)<\/pre>/.exec(body)?.[1];

  it('brings the last lines of the step that works, for who has no script', async () => {
    world.put(aView({ steps: [build] }));
    world.logs.set('build.1', '\u001b[32mone\u001b[0m\n<b>two</b>\nthr');
    assert.equal(logIn((await world.get('/', browser)).body), 'one\n&lt;b&gt;two&lt;/b&gt;');
    assert.equal(logIn((await world.get('/.wizard/')).body), 'one\n&lt;b&gt;two&lt;/b&gt;');
    world.logs.set('build.1', Array.from({ length: 10_000 }, (_, line) => `line ${line}\n`).join(''));
    const lines = logIn((await world.get('/', browser)).body)?.split('\n') ?? [];
    assert.deepEqual([lines.length, lines[0], lines.at(-1)], [40, 'line 9960', 'line 9999']);
  });

  it('comes without a log that cannot be read, and does not wait for one that is slow', async () => {
    world.put(aView({ steps: [build] }));
    world.views.readLog = () => Promise.reject(new Error('disk full'));
    assert.match((await world.get('/', browser)).body, /Getting ready[\s\S]*<section id="log" hidden>/);
    assert.ok(world.log.lines.some(({ event }) => event === 'gateway.log'));
    world.views.readLog = () => new Promise(() => undefined);
    assert.match((await world.get('/', browser)).body, /Getting ready[\s\S]*<section id="log" hidden>/);
    // A program that writes faster than it can be read has no last line.
    let at = 0;
    world.views.readLog = async () => {
      await setImmediate();
      return { text: `line ${at++}\n`, next: at };
    };
    assert.match(logIn((await world.get('/', browser)).body) ?? '', /^line/);
  });

  it('shows people who send a form the live page too, which says so and never sends the form again', async () => {
    const { status, body } = await world.get('/orders', browser, 'POST');
    assert.equal(status, 503);
    assert.match(body, /<html[^>]* data-gives-way="by-get">[\s\S]*Getting ready/);
    assert.match(body, /What you sent was not received/);
    const hostile = (await world.get('//evil.example/?";url=//evil.example', browser, 'POST')).body;
    assert.ok(hostile.includes('content="6; url=?&quot;;url=//evil.example">'));
    assert.doesNotMatch((await world.get('/orders', browser)).body, /was not received|by-get"/);
  });

  it('gives a new nonce to each page', async () => {
    const [first, second] = await Promise.all([world.get('/', browser), world.get('/', browser)]);
    assert.notEqual(first.headers['content-security-policy'], second.headers['content-security-policy']);
  });

  const programs: { because: string; headers: Record<string, string>; method?: string }[] = [
    { because: 'they ask for JSON', headers: { accept: 'application/json' } },
    { because: 'they ask for nothing in particular', headers: {} },
    { because: 'it is a picture of a page', headers: { ...browser, 'sec-fetch-dest': 'image' } },
    { because: 'they send JSON', headers: { accept: 'application/json' }, method: 'POST' },
    { because: 'a page of the application calls', headers: { ...browser, 'sec-fetch-dest': 'empty' }, method: 'POST' },
  ];
  for (const { because, headers, method } of programs) {
    it(`tells programs in JSON since ${because}`, async () => {
      const { status, headers: got, body } = await world.get('/', headers, method);
      assert.deepEqual([status, got['retry-after']], [503, '2']);
      const said = JSON.parse(body);
      assert.deepEqual([said.phase, said.remainingMs, said.steps.length, said.revision], ['building', 3000, 1, null]);
      assert.equal(said.url, 'https://app-shop-7.preview.example');
    });
  }

  it('is the same when the port refuses twice', async () => {
    world.lead(await closedPort());
    assert.equal((await world.get('/', browser)).status, 503);
    assert.equal((await world.get('/', {}, 'POST')).status, 503);
  });

  it('answers although the views fail', async () => {
    world.views.find = () => Promise.reject(new Error('disk full'));
    assert.match((await world.get('/', browser)).body, /Getting ready/);
    assert.ok(world.log.lines.some(({ event }) => event === 'gateway.view'));
  });

  it('is gone for good when the pull request is closed', async () => {
    world.put(aView({ news: { phase: 'closed', because: 'the pull request was merged' } }));
    const { status, body } = await world.get('/', browser);
    assert.equal(status, 410);
    assert.match(body, /The pull request was merged\./);
  });
});

describe('the gateway’s own paths', () => {
  let world: GatewayWorld;
  beforeEach(async () => {
    world = await openGatewayWorld();
    world.put(aView());
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('prove the commit, once it really answers', async () => {
    const before = JSON.parse((await world.get('/.wizard/status')).body);
    assert.deepEqual([before.serving, before.revision], [false, null]);
    await world.application((_, response) => response.end());
    const then = JSON.parse((await world.get('/.wizard/status')).body);
    assert.deepEqual([then.serving, then.revision, then.environment], [true, aSha(1), 'shop-7']);
  });

  it('are only those: all else is the application’s', async () => {
    await world.application((request, response) => response.end(`application ${request.url}`));
    for (const path of ['/', '/.wizardry', '/x/.wizard/status', '/robots.txt.bak', '//.wizard/status']) {
      assert.equal((await world.get(path)).body, `application ${path}`);
    }
    assert.equal((await world.get('/robots.txt')).body, 'User-agent: *\nDisallow: /\n');
    assert.equal((await world.get('/.wizard/nothing')).status, 404);
    assert.equal((await world.get('/.wizard/status', {}, 'POST')).status, 405);
    assert.match((await world.get('/.wizard/')).body, /<!doctype html>/);
  });

  it('are the host’s own: an unknown host has none', async () => {
    for (const path of ['/.wizard/status', '/robots.txt']) {
      assert.equal((await world.get(path, { host: `x${appHost}` })).status, 404);
    }
  });
});
