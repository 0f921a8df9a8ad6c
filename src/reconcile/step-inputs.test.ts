import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aResource } from '../../testing/builders.ts';
import type { JsonObject } from '../domain/json.ts';
import { type Part, planOf } from '../domain/plan.ts';
import type { Resource } from '../domain/resource.ts';
import { stepInputs } from './step-inputs.ts';

const common = { kind: 'memory', timeLimitMs: 1000 };
const inPlace = (name: string, needs: readonly string[], spec: JsonObject): Part => ({
  ...common,
  ...{ name, needs, spec, replace: 'in-place' },
});

const ready = (role: string, spec: JsonObject): Resource =>
  aResource({ role, kind: 'memory', spec, status: 'ready', facts: {}, goneAt: undefined });

const specsOf = (parts: readonly Part[], resources: readonly Resource[]): Record<string, JsonObject | undefined> =>
  Object.fromEntries(
    [...stepInputs(anEnvironment(), planOf(parts), resources, false)].map(([role, { spec }]) => [role, spec]),
  );

const story = (sha: string): Part[] => [
  inPlace('configure', [], { revision: sha }),
  inPlace('deploy', ['configure'], { revision: sha }),
  inPlace('health', ['deploy'], { revision: sha }),
];

test('what stands on something that is still to be changed in place waits for it', () => {
  const before = ['configure', 'deploy', 'health'].map((role) => ready(role, { revision: 'old' }));
  assert.deepEqual(specsOf(story('new'), before), {
    configure: { revision: 'new' },
    deploy: undefined,
    health: undefined,
  });
});

test('what stands on something that is as wanted goes on, and so does its own need', () => {
  const between = [
    ready('configure', { revision: 'new' }),
    ready('deploy', { revision: 'new' }),
    ready('health', { revision: 'old' }),
  ];
  assert.deepEqual(specsOf(story('new'), between)['health'], { revision: 'new' });
});

test('a field that tells nothing apart holds nothing up', () => {
  const parts = [
    { ...inPlace('configure', [], { revision: 'a', script: 'newer' }), unkeyed: ['script'] },
    inPlace('deploy', ['configure'], { revision: 'a' }),
  ];
  const specs = specsOf(parts, [ready('configure', { revision: 'a', script: 'older' })]);
  assert.deepEqual(specs['deploy'], { revision: 'a' });
});

test('facts of a need that will change are not acted upon', () => {
  const parts = [
    inPlace('machine', [], { size: 1 }),
    inPlace('ssh', ['machine'], { host: { fact: 'machine.address' } }),
    inPlace('route', ['ssh'], { host: { fact: 'ssh.host' } }),
  ];
  const woken = [
    { ...ready('machine', { size: 1 }), facts: { address: '10.0.0.2' } },
    { ...ready('ssh', { host: '10.0.0.1' }), facts: { host: '10.0.0.1' } },
    ready('route', { host: '10.0.0.1' }),
  ];
  const specs = specsOf(parts, woken);
  assert.deepEqual([specs['ssh'], specs['route']], [{ host: '10.0.0.2' }, undefined]);
});
