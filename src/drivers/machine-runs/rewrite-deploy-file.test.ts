import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { aSha } from '../../../testing/builders.ts';
import { codeOf } from '../../domain/wizard-error.ts';
import { rewriteDeployFile, rewriteDeployText } from './rewrite-deploy-file.ts';

const target = {
  host: '203.0.113.7',
  port: 22,
  user: 'deploy',
  ssh: '/r/config',
  key: '/r/key',
  knownHosts: '/r/known',
};
const told = { target, roles: ['web', 'app', 'db'], revision: aSha(1) };
const rewritten = (text: string): string => rewriteDeployText(text, 'config/deploy.rb', told);
const fails = (text: string, code: string, message: RegExp): void =>
  assert.throws(
    () => rewritten(text),
    (error) => codeOf(error) === code && error instanceof Error && message.test(error.message),
  );

const server =
  'server "203.0.113.7", user: "deploy", roles: %w{web app db}, port: 22, ssh_options: ' +
  "{ keys: ['/r/key'], keys_only: true, auth_methods: ['publickey'], non_interactive: true, verify_host_key: :always, " +
  "user_known_hosts_file: '/r/known', global_known_hosts_file: '/dev/null' }";
const branch = `set :branch, "${aSha(1)}"`;

test('the server and branch lines are rewritten, and all else stays byte for byte', () => {
  const text = `# server "commented.example"\nserver "old.example", user: "x", roles: %w{app}\r\n\tset :branch, 'main' # why\nset :scm, :git  \n\n`;
  assert.equal(rewritten(text), `# server "commented.example"\n${server}\r\n\t${branch}\nset :scm, :git  \n\n`);
});

test('a statement over several lines is one', () => {
  const text = `server 'old.example',
  user: 'x', # who
  # what it does
  roles: %w[web
            app],
  ssh_options: {
    keys: %w(/home/x/.ssh/id_rsa),
  }
set(:branch,
  ENV['BRANCH'] || \`git rev-parse HEAD\`)
set :deploy_to, '/srv/app'
`;
  assert.equal(rewritten(text), `${server}\n${branch}\nset :deploy_to, '/srv/app'\n`);
});

test('each way to write the two lines is known', () => {
  for (const line of [
    'server "a"',
    "server('a', roles: [:app])",
    "server ENV['HOST'], user: 'a'",
    "  server 'a', :app, :web",
  ])
    assert.match(rewritten(`${line}\nset :branch, 'x'`), /^ *server "203\.0\.113\.7", .*\nset :branch, "01/);
  for (const line of ['set :branch, "x"', 'set(:branch, "x")', 'set :branch,"x" if true', 'ask :branch, "x"'])
    assert.equal(rewritten(`server "a"\n${line}`), `${server}\n${branch}`);
  assert.equal(rewritten("server 'a'\nset :branch, 'x'\nset :branch, 'y'\n"), `${server}\n${branch}\n${branch}\n`);
});

test('bytes that are no UTF-8 stay', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-rewrite-'));
  t.after(() => rm(folder, { recursive: true }));
  const before = Buffer.concat([Buffer.from([0x23, 0xff, 0xfe, 0x0a]), Buffer.from("server 'a'\nset :branch, 'x'\n")]);
  await writeFile(join(folder, 'deploy.rb'), before);
  await rewriteDeployFile(folder, 'deploy.rb', told);
  assert.deepEqual((await readFile(join(folder, 'deploy.rb'))).subarray(0, 4), before.subarray(0, 4));
});

test('a file without such lines is refused by name', () => {
  fails("set :branch, 'x'\n", 'capistrano/no-line', /^rewriting config\/deploy\.rb: it has no line server/);
  fails("server 'a'\n", 'capistrano/no-line', /it has no line set :branch/);
  fails("server = 'a'\nset :branch, 'x'\n", 'capistrano/no-line', /server/);
  fails("__END__\nserver 'a'\nset :branch, 'x'\n", 'capistrano/no-line', /server/);
});

test('a file that names more servers is refused: they would be deployed to as well', () => {
  fails("server 'a'\nset :branch, 'x'\nserver 'b'\n", 'capistrano/more-servers', /line 3 names another server/);
  fails("role :db, %w{prod.example}\nserver 'a'\nset :branch, 'x'\n", 'capistrano/more-servers', /line 1 /);
});

test('a path that is missing, a folder, or leads out of the checkout is refused', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-rewrite-'));
  t.after(() => rm(folder, { recursive: true }));
  await mkdir(join(folder, 'work'));
  await writeFile(join(folder, 'outside.rb'), "server 'a'\nset :branch, 'x'\n");
  await symlink('../outside.rb', join(folder, 'work', 'link.rb'));
  for (const path of ['none.rb', '.', '../outside.rb', 'link.rb', 'a\0b'])
    await assert.rejects(rewriteDeployFile(join(folder, 'work'), path, told), {
      code: 'capistrano/no-file',
      // As the recipe calls it.
      hint: /under "rewrite"/,
    });
});
