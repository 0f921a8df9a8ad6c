import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiWorld, token, viewOf } from '../../testing/api-world.ts';
import { at, authorization, checkedWorld, json } from '../../testing/checked-api.ts';
import { operationsOf } from '../../testing/matches-openapi.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { createRedactor } from '../kit/redact.ts';
import { Secret } from '../kit/secret.ts';

test('every route but /healthz refuses to answer without the token and says how to send it', async () => {
  const { world } = checkedWorld();
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
  const { world } = checkedWorld();
  const described = new Set(operationsOf(world.app).map(({ method, path }) => `${method} ${path}`));
  for (const { method, path } of world.app.routes.filter((route) => route.method !== 'ALL')) {
    assert.ok(described.has(`${method.toLowerCase()} ${path.replace(/:(\w+)/g, '{$1}')}`), `${method} ${path}`);
  }
});

test('the description names a token for every route, each parameter of a path, and only schemas that exist', async () => {
  const { world, get } = checkedWorld();
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

test('a request that is not valid is refused with the reason, and changes nothing', async () => {
  const { post, get, world, request } = checkedWorld();
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

test('an error is answered by who can do something about it, and an unforeseen one says nothing of itself', async () => {
  const { post, world } = checkedWorld();
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
  const { world } = checkedWorld();
  const response = await world.app.request('/api/v1/nothing', { headers: authorization });
  assert.equal(response.status, 404);
  assert.equal(((await response.json()) as { error: { code: string } }).error.code, 'request/unknown-path');
});

test('a secret of digits leaves the numbers of an answer whole', async () => {
  const redactor = createRedactor();
  redactor.add(new Secret('170000'));
  const world = createApiWorld({ redact: redactor.redact });
  world.put(viewOf('shop-7', { news: { title: 'app 170000' } }));
  const response = await world.app.request('/api/v1/environments/shop-7', { headers: authorization });
  const body: unknown = await response.json();
  assert.deepEqual([at(body, 'title'), at(body, 'phaseSince')], ['app [secret]', 1_700_000_000_000]);
});
