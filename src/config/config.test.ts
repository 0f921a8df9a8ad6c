import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { exampleEnv, withFolder } from '../../testing/config-folder.ts';
import { urlOf } from './config.ts';
import { generatedFiles } from './generated-files.ts';
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

test('a published URL needs no port where it is the usual one', () => {
  assert.equal(urlOf({ scheme: 'https', port: 443 }, 'a.example.com'), 'https://a.example.com');
  assert.equal(urlOf({ scheme: 'https', port: undefined }, 'a.example.com'), 'https://a.example.com');
  assert.equal(urlOf({ scheme: 'http', port: 443 }, 'a.example.com'), 'http://a.example.com:443');
});
