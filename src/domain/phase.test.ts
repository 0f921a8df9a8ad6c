import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aRecipe, aResource, aSha } from '../../testing/builders.ts';
import type { Wish } from './desired.ts';
import { noChoices } from './environment.ts';
import { standing } from './phase.ts';
import { type Plan, planOf } from './plan.ts';
import { processesParts } from './processes-plan.ts';
import type { Resource } from './resource.ts';

const wish: Wish = { want: 'present', sha: aSha(1), trusted: true, because: 'its pull request is open' };

const planFor = (redeploys: number): Plan =>
  planOf(
    processesParts({
      environment: anEnvironment({ choices: { ...noChoices, redeploys } }),
      recipe: aRecipe(),
      sha: aSha(1),
      trusted: true,
      urls: {},
      dataVersions: {},
    }),
  );

const allOf = (plan: Plan): Resource[] =>
  plan.map(({ role, kind, needRoles }) =>
    aResource({
      role,
      kind,
      needs: Object.values(needRoles),
      status: 'ready',
      acknowledgedAt: 1,
      facts: kind === 'route' ? { revision: aSha(1) } : {},
    }),
  );

test('all of the plan in place with the route on it is live', () => {
  const plan = planFor(0);
  assert.equal(standing(wish, plan, allOf(plan)).phase, 'live');
});

test('what waits for something that comes by itself is on its way, and what somebody must mend has failed', () => {
  const plan = planFor(0);
  const because = 'the data is baked for the first time';
  assert.deepEqual(standing(wish, [], [], { waits: because }), { phase: 'building', because, liveSha: undefined });
  assert.equal(standing(wish, plan, allOf(plan), { waits: because }).phase, 'updating');
  assert.equal(standing(wish, [], [], { trouble: 'the bake failed' }).phase, 'failed');
});

test('a redeploy of the same commit is not live while the route leads to what was there before', () => {
  const before = allOf(planFor(0));
  const plan = planFor(1);
  const beside = allOf(plan).filter(({ kind }) => kind !== 'route');
  assert.equal(standing(wish, plan, [...before, ...beside]).phase, 'updating');
});

test('what is live stays so when one of its parts is to stand on more from now on, and all of that is there', () => {
  const plan = planFor(0);
  const more = allOf(plan).map((one) => (one.kind === 'route' ? { ...one, needs: one.needs.slice(1) } : one));
  assert.equal(standing(wish, plan, more).phase, 'live');
});

test('what is put to sleep is asleep when what is to be off was told so, and not while it is ready as before', () => {
  const [machine] = planFor(0);
  assert.ok(machine);
  const plan: Plan = [{ ...machine, needs: [], needRoles: {}, spec: { power: 'off' } }];
  const sleeping: Wish = { ...wish, asleep: true };
  const [on] = allOf(plan);
  assert.ok(on);
  assert.equal(standing(sleeping, plan, [on]).phase, 'updating');
  const off = { ...on, spec: { power: 'off' } };
  assert.equal(standing(sleeping, plan, [{ ...off, status: 'arriving' }]).phase, 'updating');
  assert.equal(standing(sleeping, plan, [off]).phase, 'asleep');
});
