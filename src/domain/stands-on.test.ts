import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aResource } from '../../testing/builders.ts';
import { isServing, standsOn } from './stands-on.ts';

const one = (role: string, kind: string, needs: readonly string[] = [], over: Parameters<typeof aResource>[0] = {}) =>
  aResource({ role, kind, needs, spec: { of: role }, status: 'ready', ...over });

const checkout = one('checkout.1', 'checkout');
const step = one('build.1', 'command', ['checkout.1']);
const web = one('web.1', 'process', ['build.1']);
const route = one('route', 'route', ['web.1']);
const all = [checkout, step, web, route];

test('visitors are served through all that the route stands on, step by step', () => {
  for (const lost of [checkout, step]) assert.equal(isServing(lost, false, all), true, lost.role);
});

test('a process that does not work serves nobody, one that works does', () => {
  assert.equal(isServing(web, false, all), false);
  assert.equal(isServing(web, true, all), true);
});

test('nobody is served through what carries only what is broken, unrouted or going', () => {
  const without = (other: typeof web): boolean =>
    isServing(checkout, false, [
      checkout,
      step,
      other.role === 'route' ? web : other,
      other.role === 'route' ? other : route,
    ]);
  assert.equal(without({ ...web, status: 'broken' }), false);
  assert.equal(without({ ...route, status: 'leaving' }), false);
  assert.equal(without({ ...route, goneAt: 1 }), false);
  assert.equal(isServing(checkout, false, [checkout, step, web]), false);
});

test('what was found without a record may stand on all that its kind can stand on', () => {
  const found = { ...web, spec: {}, needs: [] };
  assert.deepEqual(
    [checkout, step, web, route].map((lower) => standsOn(found, lower)),
    [true, true, false, false],
  );
  const routed = { ...route, spec: {}, needs: [], status: 'arriving' as const };
  assert.equal(isServing(checkout, false, [checkout, step, { ...found, status: 'arriving' }, routed]), true);
});
