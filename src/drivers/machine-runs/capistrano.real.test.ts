import assert from 'node:assert/strict';
import { access, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { noSshd } from '../../../testing/loopback-sshd.ts';
import { killedServer, openedMachineRuns } from '../../../testing/machine-run-world.ts';
import { realPart } from '../../../testing/real-part.ts';
import type { JsonObject } from '../../domain/json.ts';
import { commitFiles, makeBareRepository } from '../../kit/commit-files.ts';
import { runGit } from '../../kit/run-git.ts';
import { capistranoDriver } from './capistrano.ts';
import { findProgram } from './find-program.ts';

const claim = aClaim({ role: 'deploy' });
const there = (await findProgram('cap')) !== undefined;
const skip = noSshd || realPart('Capistrano is not installed', there);
const timeLimitMs = 60_000;

const capfile = `require 'capistrano/setup'
require 'capistrano/deploy'
require 'capistrano/scm/git'
install_plugin Capistrano::SCM::Git
`;
const migrate = `
namespace :app do
  task :migrate do
    on roles(:db) do
      within(release_path) { execute :sh, 'migrate.sh' }
    end
  end
end
after 'deploy:updated', 'app:migrate'
`;
const byEnvironment = `server ENV.fetch('WIZARD_SERVER'), roles: ENV.fetch('WIZARD_ROLES').split, port: ENV['WIZARD_SERVER_PORT']
set :branch, ENV.fetch('BRANCH')
`;
const byHand = "server '203.0.113.9', user: 'nobody', roles: %w[web]\nset :branch, 'main'\n";

async function opened(t: TestContext, stage: string) {
  const at = await openedMachineRuns(t, capistranoDriver);
  const { world } = at;
  const bare = join(world.root, 'shop.git');
  const application = join(world.there, 'shop');
  await makeBareRepository(bare);
  const deploy = `set :application, 'shop'\nset :repo_url, '${bare}'\nset :deploy_to, '${application}'\nset :tmp_dir, '${world.there}'\n`;
  const files = { Capfile: capfile, 'config/deploy.rb': deploy + migrate, 'config/deploy/production.rb': stage };
  /** A commit, with its checkout as the checkout driver makes it. */
  const push = async (script: string): Promise<string> => {
    const sha = await commitFiles(bare, { ref: 'refs/heads/main', files: { ...files, 'migrate.sh': script } });
    await rm(world.checkout, { recursive: true });
    await mkdir(world.checkout);
    await runGit(['--work-tree', world.checkout, 'checkout', '-f', sha, '--', '.'], { cwd: bare, timeLimitMs });
    return sha;
  };
  const spec = (revision: string, over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    target: world.target,
    run: ['cap', 'production', 'deploy'],
    roles: ['web', 'app', 'db'],
    told: 'environment',
    revision,
    revisionFile: join(application, 'current', 'REVISION'),
    timeLimitMs,
    env: {},
    ...over,
  });
  const current = (name: string): Promise<string> => readFile(join(application, 'current', name), 'utf8');
  return { ...at, push, spec, current };
}

test('a stage that is told by the environment deploys exactly the commit, and the next push the next one', {
  skip,
}, async (t) => {
  const { run, update, push, spec, current } = await opened(t, byEnvironment);
  const first = await push('echo first > migrated');
  assert.deepEqual(await run(claim, spec(first)), { is: 'ready', facts: { revision: first }, drift: [] });
  assert.equal(await current('REVISION'), `${first}\n`);
  assert.equal(await current('migrated'), 'first\n');
  const second = await push('echo second > migrated');
  assert.deepEqual(await update(claim, spec(second)), { is: 'ready', facts: { revision: second }, drift: [] });
  assert.equal(await current('migrated'), 'second\n');
});

test('what it prints can be read while it goes on', { skip }, async (t) => {
  const { world, driver, until, push, spec, logOf } = await opened(t, `${byEnvironment}set :format, :simpletext\n`);
  const seen = join(world.there, 'seen');
  const sha = await push(`until [ -e ${seen} ]; do sleep 0.05; done`);
  const wanted = spec(sha, { env: { RUBYOPT: '-W0' } });
  await driver().create(claim, wanted, aCall());
  await settleInRealTime(30_000)(async () => (await logOf(claim)).includes('migrate.sh'));
  await writeFile(seen, '');
  assert.deepEqual(await until(claim, wanted, ['ready', 'broken']), {
    is: 'ready',
    facts: { revision: sha },
    drift: [],
  });
});

test('a stage that names its server is rewritten in a copy', { skip }, async (t) => {
  const { world, run, push, spec, current } = await opened(t, byHand);
  const sha = await push('echo yes > migrated');
  const told = { rewrite: 'config/deploy/production.rb' };
  assert.deepEqual(await run(claim, spec(sha, { told })), { is: 'ready', facts: { revision: sha }, drift: [] });
  assert.equal(await current('migrated'), 'yes\n');
  assert.equal(await readFile(join(world.checkout, 'config/deploy/production.rb'), 'utf8'), byHand);
  assert.deepEqual((await readdir(world.checkout)).sort(), ['Capfile', 'config', 'migrate.sh']);
});

test('a file without the lines that are to be rewritten is the author’s to mend', { skip }, async (t) => {
  const { run, push, spec } = await opened(t, byHand);
  const sha = await push('true');
  const broken = await run(claim, spec(sha, { told: { rewrite: 'config/deploy.rb' } }));
  assert.ok(broken.is === 'broken' && broken.remedy === 'change-input');
  assert.match(broken.note, /^rewriting config\/deploy\.rb: it has no line server/);
});

test('a migration that fails is shown with what it said, and the commit before stays', { skip }, async (t) => {
  const { run, update, push, spec, current } = await opened(t, byEnvironment);
  const good = await push('echo good > migrated');
  await run(claim, spec(good));
  const bad = await push('echo adding the column; echo "no such table: carts" >&2; exit 1');
  const broken = await update(claim, spec(bad));
  assert.ok(broken.is === 'broken' && broken.remedy === 'change-input');
  assert.match(broken.note, /^cap ended with status 1: .*exit status: 1/);
  assert.match(broken.hint ?? '', /^Mend the commit or its deploy/);
  assert.ok(broken.lastLines?.some((line) => line.includes('no such table: carts')));
  assert.equal(await current('REVISION'), `${good}\n`);
});

test('a key that is refused ends at once, without a question', { skip }, async (t) => {
  const { world, run, push, spec } = await opened(t, byEnvironment);
  const sha = await push('true');
  await writeFile(world.sshd.authorizedKeys, '');
  const broken = await run(claim, spec(sha));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /Authentication failed for user .*; .* 127\.0\.0\.1 refuses the key for the user \S+$/);
});

test('a deploy that runs when its server is killed goes on, once', { skip }, async (t) => {
  const { world, reopen, push, spec, until } = await opened(t, byEnvironment);
  const count = join(world.there, 'count');
  const sha = await push(`echo x >> ${count}; sleep 2`);
  const begun = () =>
    access(count).then(
      () => true,
      () => false,
    );
  await killedServer(world, { module: 'capistrano', driver: 'capistranoDriver', claim, spec: spec(sha), begun });
  reopen();
  assert.deepEqual(await until(claim, spec(sha), ['ready', 'broken']), {
    is: 'ready',
    facts: { revision: sha },
    drift: [],
  });
  assert.equal(await readFile(count, 'utf8'), 'x\n');
});
