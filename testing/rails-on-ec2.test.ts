import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parse } from 'yaml';
import { parseConfig } from '../src/config/load-config.ts';
import { dnsChoice } from '../src/config/machine-context.ts';
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

function dnsOf() {
  assert.ok(config.dns);
  return dnsChoice(config.dns);
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
      dns: dnsOf(),
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
  assert.deepEqual(dnsOf(), { kind: 'route53', ttlSeconds: 60, register: 'when-live' });
  assert.deepEqual(config.listen.gateway, { host: '0.0.0.0', port: 80 });
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
  assert.deepEqual([needs('dns'), needs('ssh')], [['machine', 'health'], ['machine']]);
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

test('the explanation goes through every key of both files, and names nothing that is not there', () => {
  for (const [path, title] of [
    ['wizard.yml', 'wizard.yml, line by line'],
    ['shop/.wizard.yml', '.wizard.yml, line by line'],
  ] as const) {
    const keys = new Set(keysOf(parse(textOf(path))));
    const told = toldIn(title);
    assert.ok(told.length > 20, title);
    for (const one of told) assert.ok(keys.has(one), `${one} is in ${path}`);
    // A key that only holds others may be told by what is said of them.
    const isTold = (key: string): boolean =>
      told.some((one) => one === key || one.startsWith(`${key}.`) || one.startsWith(`${key}[`));
    for (const key of keys) assert.ok(isTold(key), `${key} of ${path} is explained`);
  }
});

/** Below these the names are the reader's own. */
const ownNames = new Set(['env', 'variables', 'secrets']);

/** `machines.preview.region`, `announcers[].kind`, and what they lie in. */
function keysOf(value: unknown, at = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((one) => (typeof one === 'object' ? keysOf(one, `${at}[]`) : []));
  if (typeof value !== 'object' || value === null || ownNames.has(at)) return at === '' ? [] : [at];
  const below = Object.entries(value).flatMap(([key, one]) => {
    const path = at === '' ? key : `${at}.${key}`;
    return [path, ...(ownNames.has(key) && !path.includes('allow') ? [] : keysOf(one, path))];
  });
  return at === '' ? below : [at, ...below];
}

/** The keys in the first column of a table; one that begins with a dot lies below the last that does not. */
function toldIn(title: string): string[] {
  const rows = readme.split(`## ${title}`)[1]?.split('\n## ')[0] ?? '';
  const firsts = [...rows.matchAll(/^\| (`[^|]*`) \|/gm)].map(([, first = '']) => first);
  let above = '';
  return firsts.flatMap((first) =>
    [...first.matchAll(/`([^`]+)`/g)].map(([, name = '']) => {
      if (name.startsWith('.')) return `${above}${name}`;
      above = name;
      return name;
    }),
  );
}
