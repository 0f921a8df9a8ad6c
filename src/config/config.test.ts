import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { exampleEnv, withFolder } from '../../testing/config-folder.ts';
import { urlOf } from './config.ts';
import { generatedFiles } from './generated-files.ts';
import { jsonSchemas } from './json-schemas.ts';
import { parseConfig } from './load-config.ts';

const root = new URL('../../', import.meta.url);

test('the commented example is a right wizard.yml', async () => {
  await withFolder({ 'github-app.pem': 'key\n' }, async (folder) => {
    const text = await readFile(new URL('wizard.example.yml', root), 'utf8');
    const config = parseConfig(text, `${folder}/wizard.yml`, exampleEnv);
    const [shop, blog] = config.repositories;
    assert.equal(shop?.recipe.from, 'operator');
    assert.equal(blog?.recipe.from, 'head');
    assert.equal(config.dataDirectory, `${folder}/data`);
    assert.equal(urlOf(config.publicUrl, 'app-shop-7.localhost'), 'http://app-shop-7.localhost:4780');
    const github = config.codeHosts['github'];
    assert.equal(github?.kind === 'github' ? github.privateKey?.reveal() : '', 'key', 'without the last line break');
  });
});

test('no secret shows when a configuration is printed', async () => {
  await withFolder({ 'github-app.pem': 'hidden-key' }, async (folder) => {
    const text = await readFile(new URL('wizard.example.yml', root), 'utf8');
    const config = parseConfig(text, `${folder}/wizard.yml`, { ...exampleEnv, WIZARD_API_TOKEN: 'hidden-token' });
    assert.equal(config.apiToken.reveal(), 'hidden-token');
    assert.doesNotMatch(inspect(config, { depth: 20 }) + JSON.stringify(config), /hidden/);
  });
});

test('JSON Schemas and the settings tables of the manual are current', async () => {
  for (const [path, text] of Object.entries(await generatedFiles(root)))
    assert.equal(await readFile(new URL(path, root), 'utf8'), text, `${path}: run node scripts/generate.ts`);
});

test('an editor that uses the JSON Schema accepts the example and underlines a misspelt setting', async () => {
  const accepts = new Ajv2020({ strict: false, allErrors: true }).compile(jsonSchemas()['wizard.schema.json']);
  const example: unknown = parse(await readFile(new URL('wizard.example.yml', root), 'utf8'));
  assert.equal(accepts(example), true, JSON.stringify(accepts.errors));
  assert.equal(accepts({ ...Object(example), listn: {} }), false);
});

test('a published URL needs no port where it is the usual one', () => {
  assert.equal(urlOf({ scheme: 'https', port: 443 }, 'a.example.com'), 'https://a.example.com');
  assert.equal(urlOf({ scheme: 'https', port: undefined }, 'a.example.com'), 'https://a.example.com');
  assert.equal(urlOf({ scheme: 'http', port: 443 }, 'a.example.com'), 'http://a.example.com:443');
});

test('a step may take ten minutes and all pull requests are listed each minute, when nothing else is said', () => {
  const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
repositories:
  - name: acme/shop
    recipe: { build: [npm ci, { run: npm run build }], release: [npm run migrate], processes: { web: npm start } }
  - { name: acme/blog, recipe-from: head }
`;
  const { limits, repositories } = parseConfig(text, '/nowhere/wizard.yml', {});
  assert.equal(limits.watchEveryMs, 60_000);
  const [shop, blog] = repositories.map(({ recipe }) => recipe);
  assert.ok(shop?.from === 'operator' && shop.recipe.target === 'processes' && blog?.from === 'head');
  const { build, release } = shop.recipe;
  assert.deepEqual(
    [...build, ...release].map(({ timeLimitMs }) => timeLimitMs),
    [600_000, 600_000, 600_000],
  );
  assert.equal(blog.context.limits.stepTimeMs, 600_000);
});

test('a recipe from the repository may use what was granted; by default nothing from the head, all from the base', () => {
  const grants = (entry: string) => {
    const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
secrets: { ONE: a, TWO: b }
data-sources: { staging: { directory: d } }
repositories: [{ name: acme/shop, ${entry} }]
`;
    const { recipe } = parseConfig(text, '/nowhere/wizard.yml', {}).repositories[0] ?? {};
    assert.ok(recipe && recipe.from !== 'operator');
    return [...recipe.context.secrets, ...recipe.context.data];
  };
  assert.deepEqual(grants('recipe-from: head'), []);
  assert.deepEqual(grants('recipe-from: base'), ['ONE', 'TWO', 'staging']);
  for (const from of ['head', 'base']) {
    assert.deepEqual(grants(`recipe-from: ${from}, allow: {}`), []);
    assert.deepEqual(grants(`recipe-from: ${from}, allow: { secrets: [TWO] }`), ['TWO']);
    assert.deepEqual(grants(`recipe-from: ${from}, allow: { data: [staging] }`), ['staging']);
  }
});

test('a secret is never the text of a folder, of nothing or of a huge file', async () => {
  const large = 'x'.repeat(70_000);
  await withFolder({ large, 'folder/a': '', empty: '\n', right: 'two\nlines\n' }, async (folder) => {
    const token = (path: string) => {
      const text = `api-token: "\${file:${path}}"
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
repositories: [{ name: acme/shop, recipe-from: base }]
`;
      return parseConfig(text, `${folder}/wizard.yml`, {}).apiToken.reveal();
    };
    assert.equal(token('right'), 'two\nlines');
    assert.throws(() => token('large'), /larger than 65536 bytes/);
    assert.throws(() => token('folder'), /folder is not a file/);
    assert.throws(() => token('empty'), /the file empty is empty/);
  });
});

test('DATABASE_URL alone selects PostgreSQL, what wizard.yml says comes before it, and without both there is a file', () => {
  const about = (database: string, env: Record<string, string>): readonly (string | undefined)[] => {
    const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
repositories: [{ name: acme/shop, recipe-from: base }]
${database}`;
    const config = parseConfig(text, '/nowhere/wizard.yml', env);
    return [config.database?.reveal(), config.databaseBecause];
  };
  const url = 'postgres://one';
  assert.deepEqual(about('', {}), [undefined, 'a file in the data directory']);
  assert.deepEqual(about('', { DATABASE_URL: '' }), [undefined, 'a file in the data directory']);
  assert.deepEqual(about('', { DATABASE_URL: url }), [url, 'PostgreSQL, by the environment variable DATABASE_URL']);
  const named = 'database: postgres://two';
  assert.deepEqual(about(named, {}), ['postgres://two', 'PostgreSQL, by "database" of wizard.yml']);
  const [used, because] = about(named, { DATABASE_URL: url });
  assert.equal(used, 'postgres://two');
  assert.match(because ?? '', /DATABASE_URL names another one and is not used/);
});
