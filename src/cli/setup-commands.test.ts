import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { withFolder } from '../../testing/config-folder.ts';
import { githubStandIn } from '../../testing/github/stand-in.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { runWizard } from '../../testing/run-wizard.ts';
import { testTerminal } from '../../testing/test-terminal.ts';
import { run } from './run.ts';

interface Checked {
  readonly ok: boolean;
  readonly checks: readonly {
    readonly what: string;
    readonly ok: boolean;
    readonly message: string;
  }[];
}

async function github(context: TestContext) {
  const standIn = await githubStandIn();
  context.after(() => standIn.close());
  standIn.world.addRepository('acme/shop');
  return standIn;
}

/** What `init --yes` writes, but for a GitHub at this address and on ports that are free. */
async function initAt(folder: string, baseUrl: string): Promise<void> {
  const { code, out, err } = await runWizard(['init', '--yes', '--repository', 'acme/shop'], { cwd: folder });
  assert.equal(code, 0, err);
  assert.match(out, /^Written: .*\/wizard\.yml$/m);
  assert.match(out, /^Set in the environment of the server: GITHUB_TOKEN$/m);
  assert.match(out, /^Then: wizard check, and wizard serve\.$/m);
  const path = join(folder, 'wizard.yml');
  const text = await readFile(path, 'utf8');
  await writeFile(
    path,
    text
      .replace('kind: github\n', `kind: github\n    base-url: ${baseUrl}\n`)
      .replaceAll(/127\.0\.0\.1:47\d0/g, '127.0.0.1:0'),
  );
}

test('init --yes writes what check finds right, and a wrong token is told with what to do', async (context) => {
  const standIn = await github(context);
  await withFolder({}, async (folder) => {
    await initAt(folder, standIn.baseUrl);
    const check = (token: string, ...words: string[]) =>
      runWizard(['check', ...words], { cwd: folder, env: { GITHUB_TOKEN: token } });
    const right = await check(standIn.token, '--json');
    assert.equal(right.code, 0, right.out);
    const { ok, checks }: Checked = JSON.parse(right.out);
    assert.equal(ok, true);
    const repository = checks.find(({ what }) => what === 'repository acme/shop on github');
    assert.match(repository?.message ?? '', /^readable, id \d+$/);

    const wrong = await check('a-token-that-ended');
    assert.equal(wrong.code, 1);
    assert.match(wrong.out, /^✘ wrong {2}repository acme\/shop on github: .*Bad credentials/m);
    assert.match(wrong.out, /^ +Give wizard\.yml a token that is still valid/m);
    assert.match(wrong.err, /1 of \d+ things are not as they must be/);
    assert.doesNotMatch(wrong.out + wrong.err, /a-token-that-ended/);
  });
});

test('init writes over nothing, and asks nobody where nobody is', async () => {
  await withFolder({ 'wizard.yml': 'mine: true\n' }, async (folder) => {
    const again = await runWizard(['init', '--yes'], { cwd: folder });
    assert.equal(again.code, 1);
    assert.match(again.err, /wizard\.yml: it is there already.*\nEdit it, or move it away first\./);
    assert.equal(await readFile(join(folder, 'wizard.yml'), 'utf8'), 'mine: true\n');
    const asking = await runWizard(['init'], { cwd: folder });
    assert.equal(asking.code, 2);
    assert.match(asking.err, /Give --yes to take what is usual/);
  });
});

test('doctor --json tells scripts what it told people, and exits by it', async () => {
  await withFolder({}, async (folder) => {
    const { code, out } = await runWizard(['doctor', '--json'], { cwd: folder });
    const { ok, checks }: Checked = JSON.parse(out);
    assert.equal(code, ok ? 0 : 1);
    assert.equal(
      ok,
      checks.every((line) => line.ok),
    );
    assert.deepEqual(
      checks.filter(({ what }) => what === 'node'),
      [{ what: 'node', ok: true, message: process.version }],
    );
  });
});

test('a person sees what check has tried for more than a second, and finds the terminal as it was', async (context) => {
  const standIn = await github(context);
  await withFolder({}, async (folder) => {
    await initAt(folder, standIn.baseUrl);
    const clock = manualClock();
    const { terminal, seen } = testTerminal({ now: clock.now, after: clock.after });
    standIn.meanwhile = async () => {
      await clock.advance(900);
      assert.equal(seen.err, '', 'what is quick is not spoken of');
      await clock.advance(600);
    };
    const path = join(folder, 'wizard.yml');
    // This process has not the environment that the server would have.
    await writeFile(path, (await readFile(path, 'utf8')).replace('${env:GITHUB_TOKEN}', standIn.token));
    assert.equal(await run(['check', '--config', path], '0', terminal), 0);
    assert.match(seen.err, /▸ 1\.[024] s: still trying .*repository acme\/shop on github/);
    assert.ok(seen.err.endsWith('\r\u001b[2K'), 'the line is taken away');
    assert.match(seen.out, /✔ fine {3}repository acme\/shop/);
  });
});
