import assert from 'node:assert/strict';
import { test } from 'node:test';
import { viewOf } from '../../testing/api-world.ts';
import { cliWorld, eventually } from '../../testing/cli-world.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { wizardHere } from '../../testing/wizard-here.ts';

const limit = { timeout: 60_000 };

test('data save waits until it is saved and says how long the database stood still', limit, async (context) => {
  const { wizard } = await cliWorld(context);
  const { code, out } = await wizard('data', 'save', 'shop-7', 'basket');
  assert.deepEqual([code, out], [0, '✔ db of shop-7 is saved as basket, 208.0 MB; it stood still for 0.3 s\n']);
  const listed = await wizard('data', 'saved');
  assert.match(listed.out, /NAME +STATE +AGE +SIZE +OF +BY +FROM/);
  assert.match(listed.out, /basket +saved .* staging .* db of acme\/shop#7, bbbbbbb\n/);
  assert.equal((await wizard('data', 'saved', '--quiet')).out, 'basket\n');
});

test('data load waits until the environment is live with it; data forget takes it away', limit, async (context) => {
  const { world, wizard, env } = await cliWorld(context);
  await wizard('data', 'save', 'shop-7', 'basket', '--no-wait');
  const clock = manualClock();
  world.hooks.onRequest = () => world.put(viewOf('shop-7', { environment: { requested: 2, observed: 2 } }));
  const working = wizardHere(['data', 'load', 'shop-7', 'basket', '--service', 'db'], { env, clock });
  await eventually(() => clock.pending === 1);
  await clock.advance(5_000);
  const { code, out } = await working.ended;
  assert.deepEqual([code, out.split('\n')[0]], [0, '✔ shop-7 is live.']);
  assert.equal(world.asked[0]?.what, 'load basket');
  assert.equal((await wizard('data', 'forget', 'basket')).out, '✔ basket is gone.\n');
  const again = await wizard('data', 'forget', 'basket');
  assert.deepEqual([again.code, /looking for "basket"/.test(again.err)], [3, true]);
});
