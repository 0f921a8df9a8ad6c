import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { stepOf, token, viewOf } from '../../testing/api-world.ts';
import { anEnvironment } from '../../testing/builders.ts';
import { cliWorld } from '../../testing/cli-world.ts';
import { hasShell, shellThatCompletes } from '../../testing/complete-in-shell.ts';
import { realPart } from '../../testing/real-part.ts';
import { runWizard } from '../../testing/run-wizard.ts';
import { wizardHere } from '../../testing/wizard-here.ts';
import { writeApiFile } from '../api/api-file.ts';
import { newsOf } from '../domain/view.ts';
import { Secret } from '../kit/secret.ts';

const limit = { timeout: 60_000 };

test(
  'list prints an aligned table that fits 80 columns, in which hostile titles do no harm',
  limit,
  async (context) => {
    const { world, wizard } = await cliWorld(context);
    world.put(
      viewOf('shop-8', { news: { title: `\u001b[2J\u001b]0;owned\u0007${'Größe 你好 '.repeat(30)}\nforged` } }),
    );
    const { code, out, err } = await wizard('list');
    assert.deepEqual([code, err], [0, '']);
    const lines = out.trimEnd().split('\n');
    assert.match(lines[0] ?? '', /^ENVIRONMENT {2}STATE +SINCE +COMMIT +PULL REQUEST$/);
    assert.match(out, /^shop-7 +live +\d+d +bbbbbbb +acme\/shop#7 Add coupons$/m);
    assert.match(out, /^blog-12 +failed +\d+d +- /m);
    assert.equal(lines.length, 4);
    for (const line of lines) assert.ok(line.length <= 80, line);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not come through.
    assert.doesNotMatch(out, /[\u0000-\u0009\u000b-\u001f\u007f]/);
  },
);

test(
  'list --quiet prints ids for scripts, --json what the API answers, and closed ones only with --all',
  limit,
  async (context) => {
    const { world, wizard } = await cliWorld(context);
    world.put(viewOf('old-1', { environment: { phase: 'closed' } }));
    assert.equal((await wizard('list', '--quiet')).out, 'blog-12\nshop-7\n');
    const { environments } = JSON.parse((await wizard('list', '--all', '--json')).out) as {
      environments: { id: string }[];
    };
    assert.deepEqual(
      environments.map(({ id }) => id),
      ['blog-12', 'shop-7', 'old-1'],
    );
  },
);

test('show prints addresses, the failure with its last lines, steps and what happened', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  world.put(
    viewOf('shop-9', {
      environment: { phase: 'failed', because: 'build-install: exited 1' },
      news: {
        address: '203.0.113.5',
        failure: { step: 'build-install', message: 'exited 1', hint: 'Look at the log.', lastLines: ['npm ERR!'] },
        migrations: [
          { database: 'db', tookMs: 41_000, changes: ['table a added'], slow: [{ sql: 'ALTER TABLE b', ms: 38_000 }] },
        ],
      },
      steps: [
        stepOf('checkout', { tookMs: 1200, diskBytes: 13 * 1024 ** 2 }),
        stepOf('build-install', { state: 'failed', note: 'exited 1' }),
      ],
    }),
  );
  world.happened('shop-9', 'ready', 'there');
  const { code, out } = await wizard('show', 'acme/shop#9');
  assert.equal(code, 0);
  assert.match(out, /^shop-9 is failed, since \d+d: build-install: exited 1$/m);
  assert.match(out, /http:\/\/app-shop-9\.localhost:4780\//);
  assert.match(out, /^Address +203\.0\.113\.5$/m);
  assert.match(out, /build-install failed: exited 1\n {4}npm ERR!\nLook at the log\./);
  assert.match(out, /✔ checkout +done in 1\.2 s, 13\.0 MB of its own\n✘ build-install failed {2}exited 1/);
  assert.match(out, /Migrations of db, 41 s\n {2}table a added\n {2}38 s {2}ALTER TABLE b/);
  assert.match(out, /web: there \(1\.2 s\)/);
});

test('show prints each mistake of a recipe whole, on lines of its own', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  const mistakes = Array.from({ length: 9 }, (_, index) => [
    `.wizard.yml:${index + 1}:3: processes.web.key-${index}: unknown setting; known here: run, env, health`,
    `    ${index + 1} |   key-${index}: 1`,
    '      |   ^',
  ]).flat();
  const because = `reading .wizard.yml: 9 mistakes\n${mistakes.join('\n')}`;
  const environment = anEnvironment({ phase: 'failed', because });
  const { failure } = newsOf(environment, {}, []);
  assert.ok(failure);
  world.put(viewOf('shop-9', { environment: { phase: 'failed', because }, news: { failure } }));
  const { out } = await wizard('show', 'shop-9');
  assert.match(out, /^shop-9 is failed, since \d+d: reading \.wizard\.yml: 9 mistakes$/m);
  const shown = ['recipe failed: reading .wizard.yml: 9 mistakes', ...mistakes.map((line) => `    ${line}`)];
  assert.ok(out.includes(`\n${shown.join('\n')}\n`), out);
});

test(
  'an unknown environment is exit code 3 with the nearest, an unclear one exit code 2 with all of them',
  limit,
  async (context) => {
    const { world, wizard } = await cliWorld(context);
    const unknown = await wizard('show', 'shup-7');
    assert.deepEqual([unknown.code, unknown.out], [3, '']);
    assert.match(unknown.err, /there is none of that name\nDid you mean shop-7/);
    world.put(viewOf('shop-8'));
    const unclear = await wizard('show', 'shop');
    assert.equal(unclear.code, 2);
    assert.match(unclear.err, /shop-7, shop-8/);
    const json = await wizard('show', 'nothing-1', '--json');
    assert.equal((JSON.parse(json.err) as { error: { code: string } }).error.code, 'request/unknown-environment');
  },
);

test('a server that cannot be reached, or that does not know the token, is exit code 4', limit, async (context) => {
  const { close, env, url } = await cliWorld(context);
  const wrong = await wizardHere(['list'], { env: { ...env, WIZARD_TOKEN: 'wrong' } }).ended;
  assert.equal(wrong.code, 4);
  assert.match(wrong.err, /the token is not the one/);
  await close();
  const gone = await runWizard(['list'], { env });
  assert.equal(gone.code, 4);
  assert.match(gone.err, new RegExp(`${url}.*cannot be reached[^]*wizard serve`));
  assert.doesNotMatch(gone.err, /at .*\.ts:/, 'no stack for people');
});

test('mistakes in the command are exit code 2 with a hint', limit, async (context) => {
  const { wizard } = await cliWorld(context);
  const typo = await wizard('lisst');
  assert.equal(typo.code, 2);
  assert.match(typo.err, /Did you mean list/);
  assert.equal((await wizard('show')).code, 2);
  assert.equal((await wizard('deliveries', '--limit', 'many')).code, 2);
  assert.equal((await wizard('--help')).code, 0);
});

test(
  'the server is found by what it wrote beside wizard.yml, whatever else is wrong with the file',
  limit,
  async (context) => {
    const { url } = await cliWorld(context);
    const directory = await mkdtemp(join(tmpdir(), 'wizard-cli-'));
    context.after(() => rm(directory, { recursive: true }));
    const nothing = await runWizard(['list'], { cwd: directory });
    assert.equal(nothing.code, 4);
    assert.match(nothing.err, /where wizard\.yml is/);
    await writeFile(join(directory, 'wizard.yml'), 'data-directory: ./state\nunknown: true\n');
    await writeApiFile(join(directory, 'state'), { url, token: new Secret(token) });
    assert.match((await runWizard(['list', '-q'], { cwd: directory })).out, /shop-7/);
    const elsewhere = await runWizard(['list', '--server', 'http://127.0.0.1:1'], { cwd: directory });
    assert.equal(elsewhere.code, 4);
    assert.match(elsewhere.err, /the token of that server/, 'our token is not sent to another server');
  },
);

test('logs prints a log, its last lines, and what is added, until Ctrl-C', limit, async (context) => {
  const { world, wizard, env } = await cliWorld(context);
  world.logs.set('shop-7 web.0a1b2c3d', 'one\ntwo \u001b[31mred\u001b[0m\nthree\n');
  assert.equal((await wizard('logs', 'shop-7', 'web')).out, 'one\ntwo red\nthree\n');
  assert.equal((await wizard('logs', 'shop-7', '-n', '1')).out, 'three\n');
  assert.equal((await wizard('logs', 'shop-7', 'wob')).code, 3);
  const following = wizardHere(['logs', 'shop-7', '-f'], { env });
  await following.until(/three/);
  world.logs.set('shop-7 web.0a1b2c3d', 'one\ntwo \u001b[31mred\u001b[0m\nthree\nfour\n');
  await following.until(/four\n/);
  world.put(viewOf('shop-7', { steps: [stepOf('web', { role: 'web.ffffffff' })] }));
  world.logs.set('shop-7 web.ffffffff', 'the next one\n');
  await following.until(/the next one/);
  following.kill('SIGINT');
  const { code, out } = await following.ended;
  assert.deepEqual([code, out], [130, 'one\ntwo red\nthree\nfour\nthe next one\n']);
});

test('open prints the address, and says which there are when it is another', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  assert.deepEqual(await wizard('open', 'shop-7', 'app'), {
    code: 0,
    out: 'http://app-shop-7.localhost:4780/\n',
    err: '',
  });
  const other = await wizard('open', 'shop-7', 'admin');
  assert.deepEqual([other.code, /It has app\./.test(other.err)], [3, true]);
  world.put(viewOf('shop-8', { news: { urls: [{ endpoint: 'app', url: 'file:///etc/passwd' }] } }));
  assert.equal((await wizard('open', 'shop-8')).code, 3);
});

test('deliveries say what each led to and why, and print a body', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  const delivery = {
    id: 5,
    guid: 'g',
    event: 'push',
    action: undefined,
    repositoryName: 'acme/shop',
    number: undefined,
  };
  const more = { receivedAt: 1_700_000_000_000, environment: undefined, size: 3, repeats: 2 };
  const ignored = { decision: 'ignored', reason: 'not about a pull request' } as const;
  world.deliveries.push({ ...delivery, ...more, ...ignored, sameBodyAs: undefined });
  world.deliveries.push({ ...delivery, ...more, ...ignored, id: 6, repeats: 0, sameBodyAs: 5 });
  world.bodies.set(5, Buffer.from('{"a":1}'));
  const { out } = await wizard('deliveries');
  assert.match(out, /^5 +\d+d +push +ignored +not about a pull request \(came again 2 times\)$/m);
  assert.match(out, /^6 +.* not about a pull request; same body as delivery 5$/m);
  assert.equal((await wizard('deliveries', '--body', '5')).out, '{"a":1}');
  assert.equal((await wizard('deliveries', '--body', '7')).code, 3);
});

test('what was refused is told with how often, and what to look at', limit, async (context) => {
  const refused = [{ status: 401, reason: 'The signature does not match.', times: 3, lastAt: Date.now() }];
  const { wizard } = await cliWorld(context, { refused: () => refused });
  const { err, code } = await wizard('deliveries');
  assert.equal(code, 0);
  assert.match(
    err,
    /^Refused since .*: 3 with status 401, .* ago\. The signature .* webhook-secret of wizard\.yml\?$/m,
  );
  assert.doesNotMatch(err, /No delivery came yet/);
  const { out } = await wizard('deliveries', '--json');
  assert.deepEqual(JSON.parse(out).refused, refused);
});

test('completion scripts are read by their shell and offer commands and environments', limit, async (context) => {
  const { wizard } = await cliWorld(context);
  const { out } = await wizard('completion', 'bash');
  const checked = spawnSync('bash', ['-n'], { input: out, encoding: 'utf8' });
  assert.deepEqual([checked.status, checked.stderr], [0, '']);
  const asking = `${out}
wizard() { printf 'shop-7\\nblog-12\\n'; }
COMP_WORDS=(wizard "$1" "$2"); COMP_CWORD=$3; _wizard; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const complete = (...words: string[]): string =>
    spawnSync('bash', ['-c', asking, 'bash', ...words], { encoding: 'utf8' }).stdout.trim();
  assert.equal(complete('red', '', '1'), 'redeploy');
  assert.equal(complete('show', 'sh', '2'), 'shop-7');
  assert.equal(complete('destroy', '--y', '2'), '--yes');
  assert.equal(complete('completion', 'z', '2'), 'zsh');
  for (const shell of ['zsh', 'fish']) {
    const text = (await wizard('completion', shell)).out;
    for (const word of ['redeploy', 'reset-data', 'yes']) assert.ok(text.includes(word), `${shell}: ${word}`);
  }
});

test('fish offers commands, environments once, options and files', {
  ...limit,
  skip: realPart('fish is not installed', hasShell('fish')),
}, async (context) => {
  const { wizard } = await cliWorld(context);
  const directory = await mkdtemp(join(tmpdir(), 'wizard-shell-'));
  context.after(() => rm(directory, { recursive: true }));
  const offered = await shellThatCompletes(directory, 'fish', (await wizard('completion', 'fish')).out);
  assert.equal(offered('wizard rede'), 'redeploy');
  assert.equal(offered('wizard show '), 'blog-12\nshop-7');
  assert.equal(offered('wizard logs shop-7 '), '');
  assert.equal(offered('wizard logs shop-7 --fo'), '--follow');
  assert.equal(offered('wizard --ver'), '--version');
  assert.equal(offered('wizard show --config comp'), 'completion.fish');
});

test('zsh completes commands, environments, options and files', {
  ...limit,
  skip: realPart('zsh is not installed', hasShell('zsh')),
}, async (context) => {
  const { wizard } = await cliWorld(context);
  const directory = await mkdtemp(join(tmpdir(), 'wizard-shell-'));
  context.after(() => rm(directory, { recursive: true }));
  const completed = await shellThatCompletes(directory, 'zsh', (await wizard('completion', 'zsh')).out);
  assert.equal(completed('wizard rede'), 'wizard redeploy');
  assert.equal(completed('wizard show sh'), 'wizard show shop-7');
  assert.equal(completed('wizard logs shop-7 --fo'), 'wizard logs shop-7 --follow');
  assert.equal(completed('wizard --ver'), 'wizard --version');
  assert.equal(completed('wizard show --config comp'), 'wizard show --config completion.zsh');
});
