import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseConfig } from '../src/config/load-config.ts';
import { parseRecipe } from '../src/config/parse-recipe.ts';
import { secretsOf } from '../src/config/secrets-of.ts';
import type { MachineRecipe } from '../src/domain/machine-recipe.ts';
import { partsOf } from '../src/domain/parts-of.ts';
import { planOf } from '../src/domain/plan.ts';
import type { Secret } from '../src/kit/secret.ts';
import { anEnvironment, aRepository, aSha } from './builders.ts';

const folder = 'examples/rails-on-ec2';
const textOf = (path: string): string => readFileSync(`${folder}/${path}`, 'utf8');
const wizardYml = textOf('wizard.yml');
const readme = textOf('README.md');

/** A value of its own for each that the file reads from outside. */
const env = Object.fromEntries(
  [...wizardYml.matchAll(/\$\{env:([A-Z_]+)\}/g)].map(([, name = '']) => [name, `made-up-${name}`]),
);
const config = parseConfig(wizardYml, `${folder}/wizard.yml`, env);

function recipeOf(): MachineRecipe {
  const from = config.repositories[0]?.recipe;
  assert.ok(from?.from === 'base');
  const recipe = parseRecipe(textOf(`shop/${from.path}`), 'shop/.wizard.yml', from.context);
  assert.ok(recipe.target === 'machine');
  return recipe;
}

const plan = () =>
  planOf(
    partsOf({
      environment: anEnvironment({
        hosts: { api: 'api-shop-7.preview.example.com', app: 'app-shop-7.preview.example.com' },
      }),
      recipe: recipeOf(),
      sha: aSha(1),
      trusted: true,
      urls: {},
      dataVersions: {},
      dns: { kind: 'route53', ttlSeconds: 60, register: 'at-once' },
      playbooks: { repository: { ...aRepository, name: 'acme/ansible' }, branch: 'main', sha: aSha(9) },
    }),
  );
const needs = (name: string) => plan().find((one) => one.name === name)?.needs;

test('the example gives each pull request a machine, names, Slack and the recipe of the target branch', () => {
  const { preview } = config.machines;
  assert.ok(preview?.kind === 'ec2');
  assert.deepEqual([preview.types, preview.user, preview.address], [['m5.large', 'm4.large'], 'admin', 'public']);
  assert.deepEqual(
    [config.dns?.kind, config.dns?.zone, config.domain],
    ['route53', 'preview.example.com', 'preview.example.com'],
  );
  assert.deepEqual(
    config.announcers.map(({ kind }) => kind),
    ['slack', 'pull-request'],
  );
  assert.equal(config.repositories[0]?.policy.forks, 'approval');
});

test('its recipe means what the explanation says', () => {
  const recipe = recipeOf();
  assert.deepEqual([recipe.machine.name, recipe.machine.kind, recipe.memoryDiskMb], ['preview', 'ec2', 4096]);
  assert.deepEqual(
    Object.entries(recipe.services).map(([name, { image, port }]) => [name, image, port]),
    [
      ['mysql', 'mysql:5.6', 3306],
      ['redis', 'redis:3.2', 6379],
      ['memcached', 'memcached:1.4', 11_211],
    ],
  );
  const { data } = recipe.services['mysql'] ?? {};
  assert.ok(data?.from.by === 'mysqldump');
  assert.deepEqual([data.from.host, data.from.database], ['staging-db.example.internal', 'shop_staging']);
  assert.deepEqual(recipe.configure?.repository, { name: 'acme/ansible', branch: 'main' });
  const { deploy } = recipe;
  assert.ok(deploy.by === 'capistrano');
  assert.deepEqual(
    [deploy.run, deploy.user, deploy.roles],
    [['cap', 'production', 'deploy'], 'deploy', ['web', 'app', 'db']],
  );
  assert.deepEqual(deploy.told, { rewrite: 'config/deploy/production.rb' });
  assert.deepEqual([recipe.health.path, recipe.health.timeLimitMs], ['/revision', 120_000]);
});

test('its steps wait for each other as the timeline says', () => {
  assert.deepEqual([needs('machine'), needs('checkout'), needs('playbooks')], [[], [], []]);
  assert.deepEqual([needs('dns'), needs('ssh')], [['machine'], ['machine']]);
  assert.deepEqual([needs('services'), needs('configure')], [['ssh'], ['ssh', 'playbooks']]);
  assert.deepEqual(needs('deploy'), ['ssh', 'checkout', 'services', 'configure']);
  assert.deepEqual(
    [needs('health'), needs('route')],
    [
      ['ssh', 'deploy'],
      ['ssh', 'health'],
    ],
  );
});

test('none of its secrets gets into a plan', () => {
  const text = JSON.stringify(plan());
  const secrets = [...secretsOf(config)].map((secret: Secret | string) =>
    typeof secret === 'string' ? secret : secret.reveal(),
  );
  assert.ok(secrets.includes('made-up-STAGING_PASSWORD') && secrets.includes('made-up-PREVIEW_SSH_KEY'));
  for (const secret of secrets) assert.equal(text.includes(secret), false, secret);
});

test('the explanation goes through every part of both files, and names nothing that is not there', () => {
  const parts = (path: string): string[] => Object.keys(parse(textOf(path)));
  const rows = (title: string): string => readme.split(`## ${title}`)[1]?.split('\n## ')[0] ?? '';
  for (const [path, title] of [
    ['wizard.yml', 'wizard.yml, line by line'],
    ['shop/.wizard.yml', '.wizard.yml, line by line'],
  ] as const) {
    const firsts = [...rows(title).matchAll(/^\| (`[^|]*`[^|]*) \|/gm)].map(([, first = '']) => first);
    assert.ok(firsts.length > 8, title);
    for (const part of parts(path))
      assert.ok(
        firsts.some((first) => first.includes(`\`${part}`)),
        `${part} of ${path} is explained`,
      );
    const words = firsts.flatMap((first) => [...first.matchAll(/`\.?([a-z-]+)/g)].map(([, word = '']) => word));
    for (const word of words) assert.match(textOf(path), new RegExp(`\\b${word}:`), `${word} is in ${path}`);
  }
});
