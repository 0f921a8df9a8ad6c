import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  aCall,
  aMachineRecipe,
  anEnvironment,
  aPullRequest,
  aRepository,
  aResource,
  aSha,
} from '../../testing/builders.ts';
import { memoryHeart, memorySetup } from '../../testing/memory-heart.ts';
import type { Environment } from '../domain/environment.ts';
import type { JsonObject } from '../domain/json.ts';
import type { Plan } from '../domain/plan.ts';
import type { RepositoryId } from '../domain/pull-request.ts';
import type { Resource } from '../domain/resource.ts';
import { knownRepositories } from './known-repositories.ts';
import { wantedPlan } from './read-pull.ts';

const { configure } = aMachineRecipe();
const recipe = aMachineRecipe({
  ...(configure ? { configure: { ...configure, repository: { name: 'acme/ansible', branch: 'main' } } } : {}),
});
const hosts = { app: 'app-shop-7.localhost' };
const specOf = (plan: Plan, name: string): JsonObject | undefined => plan.find((one) => one.name === name)?.spec;

test('playbooks of another repository stay as the environment got them, until somebody deploys anew', async () => {
  const memory = await memoryHeart();
  try {
    const branch = { head: aSha(7) };
    const ansible = { ...aRepository, id: '2002' as RepositoryId, name: 'acme/ansible' };
    const branchHead = async () => ({ repository: ansible, sha: branch.head });
    const setup = { ...memorySetup(memory.host, recipe), branchHead };
    const repositories = knownRepositories([setup]);
    await repositories.resolve(setup, aCall());
    const heart = { ...memory.heart, repositories };
    const planFor = async (environment: Environment, resources: readonly Resource[]): Promise<Plan> => {
      const { plan, trouble } = await wantedPlan(heart, environment, resources, new AbortController().signal);
      assert.equal(trouble, undefined);
      return plan;
    };
    const first = await planFor(anEnvironment({ hosts }), []);
    assert.equal(specOf(first, 'playbooks')?.['sha'], aSha(7));

    branch.head = aSha(8);
    const role = first.find(({ name }) => name === 'playbooks')?.role ?? '';
    const got = aResource({
      role,
      kind: 'checkout',
      spec: specOf(first, 'playbooks') ?? {},
      status: 'ready',
      readyAt: 1,
    });
    const pushed = anEnvironment({ hosts, pull: aPullRequest({ headSha: aSha(2) }) });
    const second = await planFor(pushed, [got]);
    for (const name of ['playbooks', 'configure'])
      assert.deepEqual(specOf(second, name), specOf(first, name), `a push leaves ${name} as it is`);
    assert.notDeepEqual(specOf(second, 'deploy'), specOf(first, 'deploy'));

    const anew = { ...pushed, choices: { ...pushed.choices, redeploys: 1 } };
    assert.equal(specOf(await planFor(anew, [got]), 'playbooks')?.['sha'], aSha(8), 'a redeploy takes the newest');
    const elsewhere = { ...got, spec: { ...got.spec, branch: 'before' } };
    assert.equal(specOf(await planFor(pushed, [elsewhere]), 'playbooks')?.['sha'], aSha(8), 'so does another branch');
    const never = { ...got, readyAt: undefined };
    assert.equal(specOf(await planFor(pushed, [never]), 'playbooks')?.['sha'], aSha(8), 'what never came is not kept');
  } finally {
    await memory.close();
  }
});
