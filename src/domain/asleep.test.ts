import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aMachineRecipe, anEnvironment, aResource, aSha } from '../../testing/builders.ts';
import { asleepPlan } from './asleep.ts';
import { partsOf } from './parts-of.ts';
import { planOf } from './plan.ts';

const plan = planOf(
  partsOf({
    environment: anEnvironment(),
    recipe: aMachineRecipe(),
    sha: aSha(1),
    trusted: true,
    urls: {},
    dataVersions: {},
  }),
);
const machine = plan.find(({ name }) => name === 'machine');
const powerOf = (resources: Parameters<typeof asleepPlan>[1]): unknown =>
  asleepPlan(plan, resources).find(({ name }) => name === 'machine')?.spec['power'];

test('a machine is kept under its name, switched off, and all that ran on it goes', () => {
  const sleeping = asleepPlan(plan, []);
  assert.deepEqual(
    sleeping.map(({ name }) => name),
    ['machine', 'checkout'],
  );
  assert.equal(sleeping[0]?.role, machine?.role);
  assert.equal(powerOf([]), 'off');
});

test('it is switched off only when nothing that stood on it is left', () => {
  const ssh = aResource({ role: 'ssh.00000001', kind: 'ssh', needs: [machine?.role ?? ''] });
  assert.equal(powerOf([ssh]), undefined);
  assert.equal(powerOf([{ ...ssh, goneAt: 5 }]), 'off');
});
