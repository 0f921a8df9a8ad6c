import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall, aPullRequest, aRecipe, aRepository, aSha } from '../testing/builders.ts';
import { exampleEnv, withFolder } from '../testing/config-folder.ts';
import { memorySetup } from '../testing/memory-heart.ts';
import { silentLog } from '../testing/silent-log.ts';
import { loadConfig } from './config/load-config.ts';
import { configuredRepositories } from './configured-repositories.ts';
import { memoryCodeHost } from './drivers/memory/memory-code-host.ts';
import { memoryWorld } from './drivers/memory/memory-world.ts';
import { systemClock } from './kit/clock.ts';
import { openAnnouncers } from './open-drivers.ts';
import { knownRepositories } from './reconcile/known-repositories.ts';

const text = (repository: string) => `api-token: a-long-enough-token
code-hosts:
  here: { kind: repository-folder, path: ., webhook-secret: long-enough-a-secret }
announcers:
  - { kind: slack, token: "\${env:SLACK_TOKEN}", channel: "#shop" }
  - { kind: slack, token: "\${env:SLACK_TOKEN}", channel: "#all" }
repositories:
  - name: acme/shop
${repository}`;

test('two Slack channels are told apart in what we remember of them', () =>
  withFolder({ 'wizard.yml': text('    recipe: { processes: { web: a } }\n') }, async (folder) => {
    const config = await loadConfig(`${folder}/wizard.yml`, exampleEnv);
    const names = openAnnouncers(config, { githubs: new Map() }, () => undefined, silentLog()).map(({ name }) => name);
    assert.deepEqual(names, ['slack #shop', 'slack #all']);
  }));

test('a repository that was renamed is still found, by its id', async () => {
  const host = memoryCodeHost(memoryWorld(systemClock), { repositories: [aRepository] });
  const setup = memorySetup(host, aRecipe());
  const known = knownRepositories([setup]);
  await known.resolve(setup, aCall());
  assert.equal(known.of({ ...aRepository, name: 'acme/boutique' }), setup);
});

test('the recipe of a fork is read at the base, even where the repository may bring its own', () =>
  withFolder({ 'wizard.yml': text('    recipe-from: head\n') }, async (folder) => {
    const config = await loadConfig(`${folder}/wizard.yml`, exampleEnv);
    const refs: string[] = [];
    const memory = memoryCodeHost(memoryWorld(systemClock), { repositories: [aRepository] });
    const readFile = async (_: unknown, __: string, ref: string) => {
      refs.push(ref);
      return 'processes: { web: a }';
    };
    const codeHosts = new Map([['here', { ...memory, readFile }]]);
    const [setup] = configuredRepositories({ config, codeHosts, isTaken: () => false });
    await setup?.recipe(aPullRequest(), aSha(1), aCall());
    await setup?.recipe(aPullRequest({ headRepositoryId: null }), aSha(1), aCall());
    assert.deepEqual(refs, [aSha(1), 'main']);
  }));
