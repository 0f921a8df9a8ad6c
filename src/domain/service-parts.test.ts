import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aRecipe, aSha } from '../../testing/builders.ts';
import { noChoices } from './environment.ts';
import { dataSourcesOf, partsOf, withoutSources } from './parts-of.ts';
import { type Plan, planOf } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import type { ProcessesRecipe } from './recipe.ts';
import type { DatabaseRecipe } from './service-recipe.ts';

const db: DatabaseRecipe = {
  by: 'database',
  engine: 'mariadb',
  source: 'staging',
  database: 'shop',
  user: 'shop',
  memoryMb: 64,
  settings: {},
  refresh: 'asked',
};
const recipeWith = (over: Partial<DatabaseRecipe> = {}, env: ProcessesRecipe['env'] = {}): ProcessesRecipe =>
  aRecipe({
    services: { db: { ...db, ...over }, cache: { by: 'cache', engine: 'redis', memoryMb: 32, access: 'password' } },
    release: [{ name: 'migrate', run: ['migrate'], env: {}, timeLimitMs: 1000 }],
    env,
  });
const planFor = (recipe: ProcessesRecipe, over: Partial<PlanInput> = {}): Plan =>
  planOf(
    partsOf({
      environment: anEnvironment(),
      recipe,
      sha: aSha(1),
      trusted: true,
      urls: {},
      dataVersions: { staging: 'v1' },
      ...over,
    }),
  );
const part = (plan: Plan, name: string) => {
  const found = plan.find((one) => one.name === name);
  assert.ok(found, name);
  return found;
};

test('a database begins beside the build, and migrations and processes wait for it', () => {
  const plan = planFor(recipeWith());
  assert.deepEqual(part(plan, 'db').needs, []);
  assert.ok(!part(plan, 'build-install').needs.includes('db'));
  for (const name of ['release-migrate', 'web']) assert.ok(part(plan, name).needs.includes('db'), name);
});

test('an application is told where its database is, its password only as a name', () => {
  const env = { DATABASE_URL: '${db.url}', WHERE: '${db.host}:${db.port}', WORD: '${db.password}' };
  const plan = planFor(recipeWith({}, env));
  const told = part(plan, 'web').spec['env'];
  assert.deepEqual(told && typeof told === 'object' && 'DATABASE_URL' in told && told['DATABASE_URL'], {
    text: [
      'mysql://',
      'shop',
      ':',
      { secret: 'service.shop-7.db' },
      '@',
      { fact: 'db.host' },
      ':',
      { fact: 'db.port' },
      '/',
      { fact: 'db.database' },
    ],
  });
  assert.ok(JSON.stringify(told).includes('"WORD":{"text":[{"secret":"service.shop-7.db"}]}'));
  assert.ok(!JSON.stringify(part(plan, 'build-install').spec).includes('db.host'));
});

test('a push keeps the database, unless the recipe wants the newest copy for each and there is a newer one', () => {
  const role = (recipe: ProcessesRecipe, over: Partial<PlanInput>): string => part(planFor(recipe, over), 'db').role;
  const newer = { pushedVersions: { staging: 'v2' } };
  assert.equal(role(recipeWith(), { sha: aSha(1) }), role(recipeWith(), { sha: aSha(2), ...newer }));
  const fresh = recipeWith({ refresh: 'push' });
  assert.equal(role(fresh, { sha: aSha(1) }), role(fresh, { sha: aSha(2) }));
  assert.notEqual(role(fresh, { sha: aSha(1) }), role(fresh, { sha: aSha(2), ...newer }));
});

test('fresh data is a new database beside the old one', () => {
  const environment = anEnvironment();
  const again = { ...environment, choices: { ...environment.choices, dataEdition: 1 } };
  const before = part(planFor(recipeWith()), 'db').role;
  assert.notEqual(before, part(planFor(recipeWith(), { environment: again }), 'db').role);
});

test('what a stranger may not see begins empty', () => {
  assert.deepEqual(dataSourcesOf(recipeWith()), ['staging']);
  const plan = planFor(withoutSources(recipeWith(), ['staging']) as ProcessesRecipe, { trusted: false });
  assert.equal(part(plan, 'db').spec['source'], undefined);
  assert.equal(part(plan, 'db').spec['version'], '');
});

test('a saved state is another database beside, kept across pushes; each load is a new one, and caches begin empty', () => {
  const before = planFor(recipeWith());
  const loaded = (load: number, over: Partial<DatabaseRecipe> = {}, sha = aSha(1)): Plan => {
    const checkpoint = { name: 'basket', source: 'staging', version: 'v0', load };
    const environment = anEnvironment({ choices: { ...noChoices, loads: load, checkpoints: { db: checkpoint } } });
    return planFor(recipeWith(over), { environment, sha });
  };
  const first = part(loaded(1), 'db');
  assert.deepEqual([first.spec['checkpoint'], first.spec['version']], ['basket', 'v0']);
  const roles = [part(before, 'db').role, first.role, part(loaded(2), 'db').role];
  assert.equal(new Set(roles).size, 3);
  assert.notEqual(part(before, 'cache').role, part(loaded(1), 'cache').role);
  const pushed = [aSha(1), aSha(2)].map((sha) => part(loaded(1, { refresh: 'push' }, sha), 'db').role);
  assert.equal(pushed[0], pushed[1]);
});

test('a state of one source is never shown through another, nor to who may not see the source', () => {
  const checkpoint = { name: 'basket', source: 'staging', version: 'v0', load: 1 };
  const environment = anEnvironment({ choices: { ...noChoices, loads: 1, checkpoints: { db: checkpoint } } });
  const other = planFor(recipeWith({ source: 'nightly' }), { environment, dataVersions: { nightly: 'v7' } });
  assert.deepEqual([part(other, 'db').spec['checkpoint'], part(other, 'db').spec['version']], [undefined, 'v7']);
  const stripped = withoutSources(recipeWith(), ['staging']) as ProcessesRecipe;
  assert.equal(part(planFor(stripped, { environment, trusted: false }), 'db').spec['checkpoint'], undefined);
});
