import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headSha, liveSha, stepOf, viewOf } from '../../../testing/api-world.ts';
import { at, authorization, checkedWorld, listAt } from '../../../testing/checked-api.ts';

test('environments are listed newest first and filtered', async () => {
  const { get, world } = checkedWorld();
  world.put(viewOf('blog-1', { environment: { phase: 'closed', closedAt: 1_700_000_100_000 } }));
  const ids = async (query: string) =>
    listAt((await get(`/api/v1/environments${query}`)).body, 'environments').map((entry) => at(entry, 'id'));
  assert.deepEqual(await ids(''), ['shop-12', 'shop-7', 'blog-1']);
  assert.deepEqual(await ids('?closed=false'), ['shop-12', 'shop-7']);
  assert.deepEqual(await ids('?phase=failed'), ['shop-12']);
  assert.deepEqual(await ids('?repository=ACME/Blog'), ['blog-1']);
});

test('an environment is shown with its commit, addresses, failure and steps, and without specs and facts', async () => {
  const { get, world } = checkedWorld();
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
      news: {
        failure: { step: 'web', message: 'exited 1', remedy: 'change-input', lastLines: ['boom'] },
        tookMs: 1234.5,
      },
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
  assert.deepEqual(shown.failure, { step: 'web', message: 'exited 1', remedy: 'change-input', lastLines: ['boom'] });
  assert.equal(shown.steps[0]?.['generation'], 3);
  assert.doesNotMatch(JSON.stringify(body), /spec-text|fact-text/);
});

test('an environment may be named by its pull request, and an unknown one is answered with the nearest', async () => {
  const { get } = checkedWorld();
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
  const { get, world } = checkedWorld();
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
  const { get, world } = checkedWorld();
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
  const { get, world } = checkedWorld();
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
  const { post, world } = checkedWorld();
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
  const { world, request } = checkedWorld();
  const by = encodeURIComponent(`Zoë\u001b[31m\nadmin${'x'.repeat(50)}`);
  await request('POST', '/api/v1/environments/shop-7/redeploy', { headers: { ...authorization, 'wizard-by': by } });
  assert.match(world.asked[0]?.by ?? '', /^Zoë admin/);
  assert.ok((world.asked[0]?.by.length ?? 99) <= 60);
});

test('deliveries are listed in pages with what they led to, and the body is text', async () => {
  const { get, world, request } = checkedWorld();
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
      sameBodyAs: id === 3 ? 1 : undefined,
    });
  }
  world.bodies.set(3, Buffer.from('{"html":"<script>"}'));
  const page = (await get('/api/v1/deliveries?limit=2')).body;
  assert.deepEqual(
    listAt(page, 'deliveries').map((entry) => [at(entry, 'id'), at(entry, 'sameBodyAs')]),
    [
      [3, 1],
      [2, undefined],
    ],
  );
  const rest = (await get(`/api/v1/deliveries?limit=2&before=${at(page, 'next')}`)).body;
  assert.deepEqual([listAt(rest, 'deliveries').length, at(rest, 'next')], [1, undefined]);
  assert.equal(listAt((await get('/api/v1/deliveries?environment=shop-7')).body, 'deliveries').length, 1);
  const body = await request('GET', '/api/v1/deliveries/3/body', { headers: authorization });
  assert.equal(await body.text(), '{"html":"<script>"}');
  assert.equal(body.headers.get('x-content-type-options'), 'nosniff');
  assert.equal((await get('/api/v1/deliveries/4/body')).status, 404);
});
