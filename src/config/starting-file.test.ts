import assert from 'node:assert/strict';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import fc from 'fast-check';
import { withFolder } from '../../testing/config-folder.ts';
import { loadConfig, parseConfig } from './load-config.ts';
import { type Answers, defaultAnswers, neededVariables, startingFile, writeStartingFiles } from './starting-file.ts';

const secrets = { 'secrets/api-token': 'a', 'secrets/webhook-secret': 'b', 'secrets/github-app.pem': 'c' };
const allAnswers: readonly Partial<Answers>[] = [
  {},
  { signIn: 'app' },
  { host: 'repository-folder', repository: 'acme/shop' },
  { build: '', slackChannel: '#previews', domain: 'preview.example.com' },
];

for (const change of allAnswers) {
  test(`the starting file loads as it is: ${JSON.stringify(change)}`, async () => {
    await withFolder(secrets, async (folder) => {
      const answers = { ...defaultAnswers, ...change };
      const env = Object.fromEntries(neededVariables(answers).map((name) => [name, '7']));
      const config = parseConfig(startingFile(answers), join(folder, 'wizard.yml'), env);
      assert.equal(config.repositories[0]?.name, answers.repository);
      assert.equal(Object.values(config.codeHosts)[0]?.kind, answers.host);
      assert.equal(
        config.announcers.some(({ kind }) => kind === 'slack'),
        answers.slackChannel !== '',
      );
    });
  });
}

test('what installs by a lock file is not run again while that file is the same, other builds always', async () => {
  const buildOf = (build: string) => {
    const text = startingFile({ ...defaultAnswers, host: 'repository-folder', repository: 'acme/shop', build });
    const recipe = parseConfig(text.replaceAll(/\$\{file:[^}]*\}/g, 'a'), '/nowhere/wizard.yml', {}).repositories[0]
      ?.recipe;
    assert.ok(recipe?.from === 'operator' && recipe.recipe.target === 'processes');
    return recipe.recipe.build.map(({ run, reuse }) => ({ run, reuse }));
  };
  assert.deepEqual(buildOf(defaultAnswers.build), [
    {
      run: ['sh', '-euc', 'npm ci'],
      reuse: { files: ['package.json', 'package-lock.json'], keep: ['node_modules'] },
    },
  ]);
  assert.deepEqual(buildOf('constructor'), [{ run: ['sh', '-euc', 'constructor'], reuse: undefined }]);
});

test('no answer breaks out of its place', async () => {
  await withFolder(secrets, async (folder) => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }),
        fc.string({ unit: fc.constantFrom('\n', '"', ':', ' ', '#', '\\', '$', '{', 'a'), minLength: 1 }),
        (run, build) => {
          fc.pre(!/\0/.test(run + build));
          const text = startingFile({ ...defaultAnswers, run, build });
          const { recipe } = parseConfig(text, join(folder, 'wizard.yml'), { GITHUB_TOKEN: 'x' }).repositories[0] ?? {};
          assert.ok(recipe?.from === 'operator' && recipe.recipe.target === 'processes');
          assert.deepEqual(recipe.recipe.processes['web']?.run, ['sh', '-euc', run]);
          assert.deepEqual(recipe.recipe.build[0]?.run, ['sh', '-euc', build]);
        },
      ),
    );
  });
});

test('what is written can be started with at once, secrets for the owner alone, and never written over', async () => {
  await withFolder({}, async (folder) => {
    const answers: Answers = { ...defaultAnswers, host: 'repository-folder' };
    const written = await writeStartingFiles(folder, answers);
    assert.deepEqual(
      written.map((path) => path.slice(folder.length + 1)),
      ['wizard.yml', 'secrets/api-token', 'secrets/webhook-secret'],
    );
    const config = await loadConfig(join(folder, 'wizard.yml'), {});
    assert.match(config.apiToken.reveal(), /^[0-9a-f]{64}$/);
    assert.equal((await stat(join(folder, 'secrets/api-token'))).mode & 0o777, 0o600);
    await assert.rejects(writeStartingFiles(folder, answers), { code: 'config/exists' });
    assert.equal(`${config.apiToken.reveal()}\n`, await readFile(join(folder, 'secrets/api-token'), 'utf8'));
  });
});

test('a wizard.yml that is not there says how to make one', async () => {
  await withFolder({}, async (folder) => {
    await assert.rejects(loadConfig(join(folder, 'wizard.yml')), {
      code: 'config/unreadable',
      remedy: 'fix-setup',
      hint: /wizard init/,
    });
  });
});
