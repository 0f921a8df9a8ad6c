import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aMachineRecipe, anEnvironment, aRepository, aSha } from '../../testing/builders.ts';
import type { MachineRecipe } from './machine-recipe.ts';
import { partsOf } from './parts-of.ts';
import { type Plan, planOf } from './plan.ts';
import type { PlanInput } from './plan-input.ts';
import { fillIn } from './template.ts';

const planFor = (over: Partial<PlanInput<MachineRecipe>> = {}): Plan =>
  planOf(
    partsOf({
      environment: anEnvironment(),
      recipe: aMachineRecipe(),
      sha: aSha(1),
      trusted: true,
      urls: {},
      dataVersions: {},
      ...over,
    }),
  );
const roles = (plan: Plan): Record<string, string> => Object.fromEntries(plan.map(({ name, role }) => [name, role]));
const specOf = (plan: Plan, name: string): string => JSON.stringify(plan.find((one) => one.name === name)?.spec);

test('a push keeps machine, services and configuration as they are, and deploys in place', () => {
  const [before, after] = [planFor(), planFor({ sha: aSha(2) })];
  const kept = ['machine', 'ssh', 'services', 'configure', 'deploy', 'health', 'route'];
  for (const name of kept) assert.equal(roles(before)[name], roles(after)[name], name);
  assert.notEqual(roles(before)['checkout'], roles(after)['checkout']);
  assert.equal(specOf(before, 'machine'), specOf(after, 'machine'));
  assert.notEqual(specOf(before, 'deploy'), specOf(after, 'deploy'));
});

test('a push does not run playbooks of another repository again, whatever the environment says of the commit', () => {
  const playbooks = { repository: { ...aRepository, name: 'acme/ansible' }, branch: 'main', sha: aSha(9) };
  const recipe = aMachineRecipe({ env: { RELEASE: '${revision}' } });
  const configure = (sha: string): string => specOf(planFor({ sha, playbooks, recipe }), 'configure');
  assert.equal(configure(aSha(1)), configure(aSha(2)));
});

test('fresh data is a fresh machine beside the old one', () => {
  const environment = anEnvironment();
  const again = { ...environment, choices: { ...environment.choices, dataEdition: 1 } };
  assert.notEqual(roles(planFor())['machine'], roles(planFor({ environment: again }))['machine']);
});

test('another version of a baked image, and so another script, takes no machine away', () => {
  const [before, after] = [planFor({ dataVersions: { staging: 'a' } }), planFor({ dataVersions: { staging: 'b' } })];
  assert.equal(roles(before)['machine'], roles(after)['machine']);
});

test('names are registered beside everything else the first time, and move only to what is healthy after that', () => {
  const dns = { kind: 'route53', ttlSeconds: 60, register: 'at-once' as const };
  const needs = (plan: Plan) => plan.find(({ name }) => name === 'dns')?.needs;
  assert.deepEqual(needs(planFor({ dns })), ['machine']);
  assert.deepEqual(needs(planFor({ dns: { ...dns, register: 'when-live' } })), ['machine', 'health']);
  const environment = anEnvironment({ liveSha: aSha(1) });
  assert.deepEqual(needs(planFor({ dns, environment })), ['machine', 'health']);
});

test('no secret is in what the machine itself can read', () => {
  const machine = planFor().find(({ name }) => name === 'machine');
  assert.match(String(machine?.spec['userData']), /^#!\/bin\/bash/);
  assert.ok(!String(machine?.spec['userData']).includes('plain-password'));
  assert.ok(specOf(planFor(), 'services').includes('plain-password'));
});

test("a stranger's code is not deployed with the key of a machine in reach", () => {
  assert.throws(() => planFor({ trusted: false }), { code: 'recipe/fork-on-machine' });
});

test('variables of a recipe that look like places in a plan stay what they are', () => {
  const sly = { all: { fact: 'ssh.key' }, some: [{ join: ['key: ', { fact: 'ssh.key' }] }], kept: { literal: [1] } };
  const recipe = aMachineRecipe();
  assert.ok(recipe.configure);
  const plan = planFor({ recipe: { ...recipe, configure: { ...recipe.configure, variables: sly } } });
  const configure = plan.find(({ name }) => name === 'configure');
  const ssh = { host: 'a', port: 22, config: 'c', key: '/keys/private', knownHosts: 'k' };
  const spec = fillIn(configure?.spec ?? {}, { ssh, checkout: { path: '/app' } });
  assert.deepEqual(spec['variables'], sly);
  assert.equal(JSON.stringify(spec['target']).includes('/keys/private'), true, 'what we wrote ourselves is filled in');
});

test('a service and its variables may be called as places in a plan are', () => {
  const services = { literal: { image: 'redis:7', port: 6379, env: { fact: 'ssh.key' } } };
  const plan = planFor({ recipe: { ...aMachineRecipe(), services } });
  const facts = { ssh: { config: 'c', host: 'a', claim: 'shop-7.machine.1' } };
  const filled = fillIn(plan.find(({ name }) => name === 'services')?.spec ?? {}, facts);
  assert.deepEqual(filled['files'], { 'literal.env': { fact: 'ssh.key' } });
});
