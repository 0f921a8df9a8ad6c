import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aRecipe, aSha } from '../../testing/builders.ts';
import { asleepPlan } from './asleep.ts';
import { type Plan, planOf } from './plan.ts';
import { processesParts } from './processes-plan.ts';
import type { ProcessesRecipe } from './recipe.ts';
import type { DatabaseRecipe } from './service-recipe.ts';

const db: DatabaseRecipe = {
  by: 'database',
  engine: 'mariadb',
  database: 'shop',
  user: 'shop',
  memoryMb: 64,
  settings: {},
  refresh: 'asked',
};
const step = (name: string) => ({ name, run: [name] as const, env: {}, timeLimitMs: 1000 });
const recipeOf = (release: readonly string[]): ProcessesRecipe =>
  aRecipe({
    services: { db, cache: { by: 'cache', engine: 'redis', memoryMb: 32, access: 'password' } },
    release: release.map(step),
  });
const planFor = (release: readonly string[], sha = aSha(1)): Plan =>
  planOf(
    processesParts({
      environment: anEnvironment(),
      recipe: recipeOf(release),
      sha,
      trusted: true,
      urls: {},
      dataVersions: {},
    }),
  );
const part = (plan: Plan, name: string) => {
  const found = plan.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
};

test('the schema is noted before the first release step and compared after the last, and the route waits for neither', () => {
  const plan = planFor(['migrate', 'seed']);
  assert.deepEqual(part(plan, 'db-schema').needs, ['db']);
  assert.ok(part(plan, 'release-migrate').needs.includes('db-schema'));
  const changes = part(plan, 'db-changes');
  assert.deepEqual(changes.needs, ['db', 'db-schema', 'release-migrate', 'release-seed']);
  assert.deepEqual(changes.spec['since'], { fact: 'release-migrate.startedAt' });
  assert.deepEqual(changes.spec['until'], { fact: 'release-seed.endedAt' });
  assert.ok(plan.every(({ needs }) => !needs.includes('db-changes')));
  assert.ok(!plan.some(({ name }) => name.startsWith('cache-')));
});

test('what was noted stays across pushes and sleep, so that later commits are compared with the same copy', () => {
  const [first, second] = [planFor(['migrate']), planFor(['migrate'], aSha(2))];
  assert.equal(part(first, 'db-schema').role, part(second, 'db-schema').role);
  assert.notEqual(part(first, 'db-changes').role, part(second, 'db-changes').role);
  const asleep = asleepPlan(first, []).map(({ name }) => name);
  assert.ok(asleep.includes('db-schema') && !asleep.includes('db-changes'));
});

test('without release steps nothing is compared', () => {
  assert.ok(!planFor([]).some(({ name }) => /-(schema|changes)$/.test(name)));
});
