import assert from 'node:assert/strict';
import { test } from 'node:test';
import { at, authorization, checkedWorld, listAt } from '../../../testing/checked-api.ts';
import { memorySavedStates } from '../../../testing/memory-saved-states.ts';

const save = '/api/v1/environments/shop-7/save';

test('a state is saved, shown, listed, loaded and forgotten', async () => {
  const { world, get, post, request } = checkedWorld();
  const begun = await post(save, { name: 'basket' });
  assert.deepEqual([begun.status, at(begun.body, 'state'), at(begun.body, 'bytes')], [202, 'saving', undefined]);
  await get('/api/v1/saved-states/basket');
  const { body } = await get('/api/v1/saved-states/basket');
  assert.deepEqual(
    [at(body, 'state'), at(body, 'from', 'pull'), at(body, 'stoodStillMs')],
    ['saved', 'acme/shop#7', 310],
  );
  assert.deepEqual(listAt((await get('/api/v1/saved-states')).body, 'saved'), [body]);

  const loaded = await post('/api/v1/environments/acme%2Fshop%2312/load', { name: 'basket', service: 'db' });
  assert.deepEqual([loaded.status, at(loaded.body, 'id')], [202, 'shop-12']);
  assert.deepEqual(
    world.asked.map(({ what, id }) => [what, id]),
    [['load basket', 'shop-12']],
  );
  const gone = await request('DELETE', '/api/v1/saved-states/basket', { headers: authorization });
  assert.deepEqual([gone.status, await gone.json()], [200, { name: 'basket' }]);
  assert.equal((await get('/api/v1/saved-states/basket')).status, 404);
});

test('a save that failed says why; names that are no names do not get as far', async () => {
  const states = memorySavedStates(async () => undefined);
  const { get, post } = checkedWorld({ states });
  await post(save, { name: 'basket' });
  const view = states.views.get('basket');
  assert.ok(view?.is === 'saving');
  const why = { code: 'database/busy', message: 'it does not serve', hint: 'Wake it first.' };
  states.views.set('basket', { name: 'basket', is: 'failed', from: view.from, ...why });
  const { body } = await get('/api/v1/saved-states/basket');
  assert.deepEqual([at(body, 'state'), at(body, 'failure')], ['failed', why]);
  for (const name of ['', '../up', '.saved', 'a b', 'a'.repeat(129)])
    assert.equal((await post(save, { name })).status, 400, name);
  assert.equal((await post('/api/v1/environments/nobody/save', { name: 'basket' })).status, 404);
});
