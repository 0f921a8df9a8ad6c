import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiWorld, headSha, liveSha, stepOf, token, viewOf } from '../../testing/api-world.ts';
import { createCheckedRequest, operationsOf } from '../../testing/matches-openapi.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { createRedactor } from '../kit/redact.ts';
import { Secret } from '../kit/secret.ts';

const authorization = { authorization: `Bearer ${token}` };
const json = { ...authorization, 'content-type': 'application/json' };

/** The value at a path of a reply; `undefined` where there is none. */
function at(value: unknown, ...path: (string | number)[]): unknown {
  return path.reduce<unknown>((inner, key) => (inner as Record<string | number, unknown> | undefined)?.[key], value);
}

const listAt = (value: unknown, ...path: (string | number)[]): unknown[] => at(value, ...path) as unknown[];

function ready() {
  const world = createApiWorld();
  world.put(viewOf('shop-7'));
  world.put(viewOf('shop-12', { environment: { phase: 'failed', liveSha: undefined } }));
  const { request, seen } = createCheckedRequest(world.app);
  const get = async (path: string) => {
    const response = await request('GET', path, { headers: authorization });
    return { status: response.status, body: (await response.json()) as unknown };
  };
  const post = async (path: string, body?: unknown) => {
    const init = body === undefined ? { headers: authorization } : { headers: json, body: JSON.stringify(body) };
    const response = await request('POST', path, init);
    return { status: response.status, body: (await response.json()) as unknown };
  };
  return { world, request, get, post, seen };
}

test('every route but /healthz refuses to answer without the token and says how to send it', async () => {
  const { world } = ready();
  const operations = operationsOf(world.app);
  assert.ok(operations.length >= 15);
  for (const { method, path } of operations) {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: `Basic ${token}` }] as Record<
      string,
      string
    >[]) {
      const response = await world.app.request(path.replace(/\{[^}]+\}/g, 'shop-7'), {
        method: method.toUpperCase(),
        headers,
      });
      if (path === '/healthz') assert.equal(response.status, 200);
      else {
        assert.equal(response.status, 401, `${method} ${path}`);
        assert.match(await response.text(), /Authorization: Bearer TOKEN/);
      }
    }
  }
  assert.equal((await world.app.request('/api/v1/nothing')).status, 401);
  assert.deepEqual(world.asked, []);
});

test('every route that is routed is described', () => {
  const { world } = ready();
  const described = new Set(operationsOf(world.app).map(({ method, path }) => `${method} ${path}`));
  for (const { method, path } of world.app.routes.filter((route) => route.method !== 'ALL')) {
    assert.ok(described.has(`${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`), `${method} ${path}`);
  }
});

test('the description names a token for every route, each parameter of a path, and only schemas that exist', async () => {
  const { world, get } = ready();
  const { body } = await get('/api/v1/openapi.json');
  assert.equal(at(body, 'openapi'), '3.1.0');
  const text = JSON.stringify(body);
  for (const [, name] of text.matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
    assert.ok(at(body, 'components', 'schemas', name ?? ''), name);
  }
  for (const { path, operation } of operationsOf(world.app)) {
    const declared = (operation.parameters ?? [])
      .filter((parameter) => parameter.in === 'path')
      .map(({ name }) => name);
    assert.deepEqual(declared.sort(), [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort(), path);
    assert.ok(operation.summary, path);
    assert.equal(operation.security?.length ?? 0, path === '/healthz' ? 0 : 1, path);
  }
});

test('environments are listed newest first and filtered', async () => {
  const { get, world } = ready();
  world.put(viewOf('blog-1', { environment: { phase: 'closed', closedAt: 1_700_000_100_000 } }));
  const ids = async (query: string) =>
    listAt((await get(`/api/v1/environments${query}`)).body, 'environments').map((entry) => at(entry, 'id'));
  assert.deepEqual(await ids(''), ['shop-12', 'shop-7', 'blog-1']);
  assert.deepEqual(await ids('?closed=false'), ['shop-12', 'shop-7']);
  assert.deepEqual(await ids('?phase=failed'), ['shop-12']);
  assert.deepEqual(await ids('?repository=ACME/Blog'), ['blog-1']);
});

test('an environment is shown with its commit, addresses, failure and steps, and without specs and facts', async () => {
  const { get, world } = ready();
  const resource = {
    environment: 'shop-9' as never,
    role: 'web.0a1b2c3d',
    kind: 'process',
    generation: 3,
    spec: { inner: 'spec-text' },
    needs: [],
    intendedAt: 1,
    acknowledgedAt: 2,
    status: 'broken' as const,
    note: '',
    facts: { inner: 'fact-text' },
    readyAt: undefined,
    goneAt: undefined,
    replaced: 1,
    failures: 2,
    notBefore: 0,
    parked: {
      remedy: 'change-input' as const,
      code: 'process/exited',
      message: 'exited 1',
      lastLines: ['boom'],
      at: 5,
    },
  };
  world.put(
    viewOf('shop-9', {
      environment: { phase: 'failed' },
      news: { failure: { step: 'web', message: 'exited 1', lastLines: ['boom'] }, tookMs: 1234.5 },
      steps: [stepOf('web', { state: 'failed', resource, lastLines: ['boom'] })],
      remainingMs: 5000,
    }),
  );
  const { body } = await get('/api/v1/environments/shop-9');
  const shown = body as unknown as {
    headSha: string;
    liveSha: string;
    steps: Record<string, unknown>[];
    failure: object;
  };
  assert.deepEqual([shown.headSha, shown.liveSha], [headSha, liveSha]);
  assert.deepEqual(shown.failure, { step: 'web', message: 'exited 1', lastLines: ['boom'] });
  assert.equal(shown.steps[0]?.['generation'], 3);
  assert.doesNotMatch(JSON.stringify(body), /spec-text|fact-text/);
});

test('an environment may be named by its pull request, and an unknown one is answered with the nearest', async () => {
  const { get } = ready();
  const found = await get(`/api/v1/environments/${encodeURIComponent('Acme/Shop#7')}`);
  assert.equal(at(found.body, 'id'), 'shop-7');
  const unknown = await get('/api/v1/environments/shup-7');
  assert.equal(unknown.status, 404);
  assert.equal(at(unknown.body, 'error', 'code'), 'request/unknown-environment');
  assert.equal(at(unknown.body, 'error', 'nearest', 0), 'shop-7');
  const several = await get('/api/v1/environments/shop');
  assert.equal(several.status, 409);
  assert.deepEqual([...listAt(several.body, 'error', 'nearest')].sort(), ['shop-12', 'shop-7']);
});

test('steps and the timeline are listed, the timeline in pages', async () => {
  const { get, world } = ready();
  for (const what of ['create', 'ready', 'gone']) world.happened('shop-7', what, `web: ${what}`);
  assert.equal(at((await get('/api/v1/environments/shop-7/steps')).body, 'steps', 0, 'name'), 'web');
  const first = (await get('/api/v1/environments/shop-7/timeline?limit=2')).body;
  assert.deepEqual(
    listAt(first, 'entries').map((entry) => at(entry, 'what')),
    ['create', 'ready'],
  );
  const second = (await get(`/api/v1/environments/shop-7/timeline?after=${at(first, 'next')}`)).body;
  assert.deepEqual(
    listAt(second, 'entries').map((entry) => at(entry, 'what')),
    ['gone'],
  );
  assert.equal(
    at((await get(`/api/v1/environments/shop-7/timeline?after=${at(second, 'next')}`)).body, 'next'),
    at(second, 'next'),
  );
});

test('a log is read by offset, by the name or the role of its step', async () => {
  const { get, world } = ready();
  world.logs.set('shop-7 web.0a1b2c3d', 'hello\nwörld\n');
  assert.equal(at((await get('/api/v1/environments/shop-7/steps/web/log')).body, 'text'), 'hello\nwörld\n');
  const rest = (await get('/api/v1/environments/shop-7/steps/web.0a1b2c3d/log?from=6')).body;
  assert.deepEqual([at(rest, 'text'), at(rest, 'next')], ['wörld\n', 13]);
  const unknown = await get('/api/v1/environments/shop-7/steps/wob/log');
  assert.deepEqual([unknown.status, at(unknown.body, 'error', 'nearest')], [404, ['web']]);
  assert.equal(
    at((await get('/api/v1/environments/shop-12/steps/web/log')).body, 'error', 'code'),
    'request/unknown-log',
  );
});

test('of two steps with one name the newer one that stays is read', async () => {
  const { get, world } = ready();
  world.put(
    viewOf('shop-8', {
      steps: [
        stepOf('web', { role: 'web.11111111', state: 'leaving', startedAt: 3 }),
        stepOf('web', { role: 'web.22222222', startedAt: 1 }),
        stepOf('web', { role: 'web.33333333', startedAt: 2 }),
      ],
    }),
  );
  for (const role of ['11111111', '22222222', '33333333']) world.logs.set(`shop-8 web.${role}`, role);
  assert.equal(at((await get('/api/v1/environments/shop-8/steps/web/log')).body, 'text'), '33333333');
});

test('what people ask for reaches the loop with who asked, and is answered with what to wait for', async () => {
  const { post, world } = ready();
  const answer = await post('/api/v1/environments/shop-7/redeploy');
  assert.deepEqual([answer.status, at(answer.body, 'requested'), at(answer.body, 'observed')], [202, 2, 1]);
  await post('/api/v1/environments/shop-7/reset-data');
  await post('/api/v1/environments/shop-7/destroy');
  await post('/api/v1/environments/shop-7/pin', { sha: headSha });
  await post('/api/v1/environments/shop-7/pin');
  await post('/api/v1/environments/shop-7/unpin');
  await post('/api/v1/environments/shop-7/approve', { sha: headSha });
  assert.deepEqual(
    world.asked.map(({ what, sha, by }) => [what, sha, by]),
    [
      ['redeploy', undefined, 'api'],
      ['reset-data', undefined, 'api'],
      ['destroy', undefined, 'api'],
      ['pin', headSha, 'api'],
      ['pin', liveSha, 'api'],
      ['unpin', undefined, 'api'],
      ['approve', headSha, 'api'],
    ],
  );
});

test('who asks is kept to a short line without control characters', async () => {
  const { world, request } = ready();
  const by = encodeURIComponent(`Zoë\u001b[31m\nadmin${'x'.repeat(50)}`);
  await request('POST', '/api/v1/environments/shop-7/redeploy', { headers: { ...authorization, 'wizard-by': by } });
  assert.match(world.asked[0]?.by ?? '', /^Zoë admin/);
  assert.ok((world.asked[0]?.by.length ?? 99) <= 60);
});

test('a request that is not valid is refused with the reason, and changes nothing', async () => {
  const { post, get, world, request } = ready();
  const short = await post('/api/v1/environments/shop-7/approve', { sha: 'abc' });
  assert.equal(short.status, 400);
  assert.match(String(at(short.body, 'error', 'message')), /json\.sha: must be 40 hexadecimal digits/);
  assert.equal((await get('/api/v1/environments/shop-7/timeline?limit=-1')).status, 400);
  assert.equal((await get('/api/v1/environments/shop-7/timeline?limit=1001')).status, 400);
  const broken = await request('POST', '/api/v1/environments/shop-7/approve', { headers: json, body: '{"sha":' });
  assert.equal(broken.status, 400);
  assert.equal(at((await post('/api/v1/environments/shop-12/pin')).body, 'error', 'code'), 'request/nothing-live');
  const large = await world.app.request('/api/v1/environments/shop-7/approve', {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ sha: 'a'.repeat(100_000) }),
  });
  assert.equal(large.status, 413);
  assert.deepEqual(world.asked, []);
});

test('deliveries are listed in pages with what they led to, and the body is text', async () => {
  const { get, world, request } = ready();
  for (const id of [1, 2, 3]) {
    world.deliveries.push({
      id,
      guid: `guid-${id}`,
      event: 'pull_request',
      action: 'opened',
      repositoryName: 'acme/shop',
      number: 7,
      receivedAt: 1_700_000_000_000,
      decision: 'look',
      reason: 'pull request opened',
      environment: id === 2 ? ('shop-7' as never) : undefined,
      size: 10,
      repeats: 0,
    });
  }
  world.bodies.set(3, Buffer.from('{"html":"<script>"}'));
  const page = (await get('/api/v1/deliveries?limit=2')).body;
  assert.deepEqual(
    listAt(page, 'deliveries').map((entry) => at(entry, 'id')),
    [3, 2],
  );
  const rest = (await get(`/api/v1/deliveries?limit=2&before=${at(page, 'next')}`)).body;
  assert.deepEqual([listAt(rest, 'deliveries').length, at(rest, 'next')], [1, undefined]);
  assert.equal(listAt((await get('/api/v1/deliveries?environment=shop-7')).body, 'deliveries').length, 1);
  const body = await request('GET', '/api/v1/deliveries/3/body', { headers: authorization });
  assert.equal(await body.text(), '{"html":"<script>"}');
  assert.equal(body.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await get('/api/v1/deliveries/4/body')).status, 404);
});

test('an error is answered by who can do something about it, and an unforeseen one says nothing of itself', async () => {
  const { post, world } = ready();
  const cases = [
    { error: new WizardError('a', { code: 'store/full', remedy: 'fix-setup', hint: 'Free some space.' }), status: 503 },
    { error: new WizardError('b', { code: 'request/not-a-fork', remedy: 'change-input' }), status: 422 },
    { error: new WizardError('c', { code: 'loop/impossible', remedy: 'report-bug' }), status: 500 },
    { error: new TypeError('inner workings'), status: 500 },
  ];
  for (const { error, status } of cases) {
    world.hooks.onRequest = () => {
      throw error;
    };
    const answer = await post('/api/v1/environments/shop-7/redeploy');
    assert.equal(answer.status, status);
    assert.doesNotMatch(JSON.stringify(answer.body), /inner workings|stack/);
  }
  assert.equal(world.logged.filter(({ event }) => event === 'api.failed').length, 3);
});

test('no known secret leaves, neither in news, logs, bodies nor errors', async () => {
  const redactor = createRedactor();
  redactor.add(new Secret('canary-4711'));
  const world = createApiWorld({ redact: redactor.redact });
  world.put(viewOf('shop-7', { news: { title: 'leak canary-4711' } }));
  world.logs.set('shop-7 web.0a1b2c3d', 'PASSWORD=canary-4711\n');
  world.bodies.set(1, Buffer.from('canary-4711'));
  const paths = ['environments', 'environments/shop-7', 'environments/shop-7/steps/web/log', 'deliveries/1/body'];
  for (const path of [...paths, 'environments/canary-4711']) {
    const text = await (await world.app.request(`/api/v1/${path}`, { headers: authorization })).text();
    assert.match(text, /\[secret\]/, path);
    assert.doesNotMatch(text, /canary/, path);
  }
});

test('an unknown path is answered as JSON', async () => {
  const { world } = ready();
  const response = await world.app.request('/api/v1/nothing', { headers: authorization });
  assert.equal(response.status, 404);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'request/unknown-path');
});
