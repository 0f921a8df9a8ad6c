import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Part, planOf } from './plan.ts';

const part = (name: string, needs: readonly string[] = [], over: Partial<Part> = {}): Part => ({
  name,
  kind: 'command',
  needs,
  spec: { name },
  replace: 'beside',
  timeLimitMs: 1,
  ...over,
});
const roles = (parts: readonly Part[]): Record<string, string> =>
  Object.fromEntries(planOf(parts).map(({ name, role }) => [name, role]));

test('needs come first, whatever the order they were given in', () => {
  const plan = planOf([part('route', ['web']), part('web', ['checkout', 'data']), part('data'), part('checkout')]);
  const names = plan.map(({ name }) => name);
  for (const { name, needs } of plan)
    for (const need of needs) assert.ok(names.indexOf(need) < names.indexOf(name), `${need} before ${name}`);
});

test('a circle and an unknown need are refused with their names', () => {
  const input = { remedy: 'change-input' };
  assert.throws(() => planOf([part('a', ['b']), part('b', ['a'])]), {
    ...input,
    code: 'recipe/cycle',
    message: /a needs b needs a/,
  });
  assert.throws(() => planOf([part('a', ['a'])]), { ...input, code: 'recipe/cycle' });
  assert.throws(() => planOf([part('a', ['z'])]), { ...input, code: 'recipe/unknown-need', message: /a needs z/ });
});

test('roles do not hang on the order of keys or parts', () => {
  const one = [part('a', [], { spec: { x: 1, y: { p: 1, q: 2 } } }), part('b')];
  const other = [part('b'), part('a', [], { spec: { y: { q: 2, p: 1 }, x: 1 } })];
  assert.deepEqual(roles(one), roles(other));
});

test('a change moves what it touches and what stands on it, and nothing else', () => {
  const parts = (sha: string): Part[] => [
    part('checkout', [], { spec: { sha } }),
    part('data'),
    part('web', ['checkout', 'data']),
    part('route', ['web'], { replace: 'in-place', spec: { sha } }),
  ];
  const before = roles(parts('1'));
  const after = roles(parts('2'));
  const moved = Object.keys(before).filter((name) => before[name] !== after[name]);
  assert.deepEqual(moved.sort(), ['checkout', 'web']);
  assert.equal(after['route'], 'route');
});
