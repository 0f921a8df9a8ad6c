import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aRecipe, aRepository, aSha } from '../../testing/builders.ts';
import type { JsonObject } from './json.ts';
import { planOf } from './plan.ts';
import { processesParts } from './processes-plan.ts';
import type { ProcessesRecipe } from './recipe.ts';

const partsOf = (recipe: ProcessesRecipe, trusted = true) =>
  processesParts({
    environment: anEnvironment(),
    recipe,
    sha: aSha(1),
    trusted,
    urls: {},
    dataVersions: { staging: 'v1' },
  });

const envOf = (recipe: ProcessesRecipe, name: string): JsonObject => {
  const spec = partsOf(recipe).find((part) => part.name === name)?.spec;
  return spec?.['env'] as JsonObject;
};

const speaksOfData = aRecipe({ env: { DATABASE: 'file:${data}/app.db', MODE: 'preview' } });

test('without data nothing is told of it, and the plan can be made', () => {
  assert.deepEqual(Object.keys(envOf(speaksOfData, 'web')).includes('DATABASE'), false);
  assert.equal(envOf(speaksOfData, 'web')['MODE'], 'preview');
  assert.doesNotMatch(JSON.stringify(planOf(partsOf(speaksOfData))), /data\.path/);
});

test('with data a process is told where it is, and a build is not', () => {
  const recipe = { ...speaksOfData, data: { source: 'staging' } };
  assert.deepEqual(envOf(recipe, 'web')['DATABASE'], { join: ['file:', { fact: 'data.path' }, '/app.db'] });
  assert.equal(envOf(recipe, 'build-install')['DATABASE'], undefined);
});

test('what a step keeps is kept for its own repository only', () => {
  const step = { name: 'install', run: ['npm', 'ci'] as const, env: {}, timeLimitMs: 1000 };
  const recipe = aRecipe({ build: [{ ...step, reuse: { files: ['package-lock.json'], keep: ['node_modules'] } }] });
  const spec = partsOf(recipe).find(({ name }) => name === 'build-install')?.spec ?? {};
  assert.equal((spec['reuse'] as JsonObject)['repository'], aRepository.id);
});
