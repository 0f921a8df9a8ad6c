import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headSha, liveSha, stepOf, viewOf } from '../../testing/api-world.ts';
import { cliWorld, eventually } from '../../testing/cli-world.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { startWizard } from '../../testing/run-wizard.ts';
import { wizardHere } from '../../testing/wizard-here.ts';

const limit = { timeout: 60_000 };
const acted = { requested: 2, observed: 2 };
const later = { ...acted, phaseSince: 1_700_000_500_000 };

test('redeploy shows the steps and waits past the old state until it is live again', limit, async (context) => {
  const { world, env } = await cliWorld(context);
  world.happened('shop-7', 'phase', 'an old story');
  const working = wizardHere(['redeploy', 'shop-7'], { env });
  await eventually(() => world.watchers.size === 1);
  // Read, but not acted on: still the old live state.
  world.put(viewOf('shop-7', { environment: acted }));
  world.happened('shop-7', 'request', 'it was read');
  await working.until(/it was read/);
  const build = stepOf('build', { kind: 'command', state: 'working', note: 'npm ci' });
  const building = { ...later, phase: 'updating' } as const;
  world.put(viewOf('shop-7', { environment: building, steps: [build, stepOf('web')] }));
  await working.until(/▸ build +working {2}npm ci/);
  world.happened('shop-7', 'phase', 'commit aaaaaaa is on its way');
  await working.until(/on its way/);
  world.put(viewOf('shop-7', { environment: later, steps: [stepOf('build', { tookMs: 2500 }), stepOf('web')] }));
  const { code, out, err } = await working.ended;
  assert.deepEqual([code, out], [0, '✔ shop-7 is live.\n  app  http://app-shop-7.localhost:4780/\n']);
  assert.match(err, /✔ build +done in 2\.5 s/);
  assert.doesNotMatch(err, /old story|✔ web/, 'only what is new is shown');
  assert.deepEqual(
    world.asked.map(({ what, id }) => [what, id]),
    [['redeploy', 'shop-7']],
  );
  assert.notEqual(world.asked[0]?.by, 'api');
});

test('a redeploy that fails is exit code 1 with the step, its last lines and the hint', limit, async (context) => {
  const { world, env } = await cliWorld(context);
  const working = wizardHere(['redeploy', 'blog-12', '--json'], { env });
  await eventually(() => world.watchers.size === 1);
  const failure = { step: 'build', message: 'exited 1', hint: 'Fix it.', lastLines: ['npm ERR! missing'] };
  world.put(viewOf('blog-12', { environment: { ...later, phase: 'failed', liveSha: undefined }, news: { failure } }));
  const { code, out, err } = await working.ended;
  assert.deepEqual([code, out], [1, '']);
  const { error } = JSON.parse(err.trimEnd().split('\n').at(-1) ?? '') as { error: Record<string, string> };
  assert.match(error['message'] ?? '', /build: exited 1\n {4}npm ERR! missing/);
  assert.equal(error['hint'], 'Fix it.');
});

test('a request that changes nothing does not wait for ever', limit, async (context) => {
  const { world, env } = await cliWorld(context);
  world.hooks.onRequest = () => world.put(viewOf('shop-7', { environment: acted }));
  const clock = manualClock();
  const working = wizardHere(['reset-data', 'shop-7'], { env, clock });
  await eventually(() => clock.pending === 1);
  await clock.advance(4_999);
  assert.equal(clock.pending, 1, 'something may still come of it');
  await clock.advance(1);
  assert.equal((await working.ended).code, 0);
});

test('waiting goes on when the connection breaks', limit, async (context) => {
  const { world, env, dropConnections } = await cliWorld(context);
  const working = wizardHere(['redeploy', 'shop-7'], { env });
  await eventually(() => world.watchers.size === 1);
  dropConnections();
  await eventually(() => world.watchers.size === 0);
  world.put(viewOf('shop-7', { environment: later }));
  assert.equal((await working.ended).code, 0);
});

test('Ctrl-C ends the waiting and says that the work goes on', limit, async (context) => {
  const { world, env } = await cliWorld(context);
  const working = startWizard(['reset-data', 'shop-7'], { env });
  await eventually(() => world.watchers.size === 1);
  working.kill('SIGINT');
  const { code, err } = await working.ended;
  assert.equal(code, 130);
  assert.match(err, /Stopped\. The server goes on/);
});

test('destroy does nothing unasked, and with --yes waits until it is gone', limit, async (context) => {
  const { world, wizard, env } = await cliWorld(context);
  const unasked = await wizard('destroy', 'shop-7');
  assert.equal(unasked.code, 2);
  assert.match(unasked.err, /--yes/);
  assert.deepEqual(world.asked, []);
  const working = wizardHere(['destroy', 'shop-7', '--yes'], { env });
  await eventually(() => world.watchers.size === 1);
  world.put(
    viewOf('shop-7', { environment: { ...later, phase: 'closing' }, steps: [stepOf('web', { state: 'leaving' })] }),
  );
  await working.until(/− web +leaving/);
  world.put(viewOf('shop-7', { environment: { ...later, phase: 'waiting', liveSha: undefined }, steps: [] }));
  const { code, out } = await working.ended;
  assert.deepEqual([code, out], [0, '✔ shop-7 is gone. Its pull request is not touched.\n']);
});

test('--no-wait returns at once', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  assert.match((await wizard('redeploy', 'shop-7', '--no-wait')).out, /Asked for shop-7/);
  assert.equal(world.asked.length, 1);
});

test('show names a newer commit of a fork that waits, and approve takes its beginning', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  const awaitsApproval = 'fe'.repeat(20);
  world.put(viewOf('shop-9', { news: { awaitsApproval } }));
  assert.match((await wizard('show', 'shop-9')).out, /^Waits +fefefef is newer: approve it with `wizard approve`$/m);
  const { code, err } = await wizard('approve', 'shop-9', '--commit', 'fefefef');
  assert.deepEqual([code, err], [0, '']);
  assert.deepEqual(
    world.asked.map(({ what, sha }) => [what, sha]),
    [['approve', awaitsApproval]],
  );
  assert.match((await wizard('approve', 'shop-9', '--commit', headSha)).err, /is at commit fefefef now/);
});

test('pin and approve take the beginning of a commit that the environment knows', limit, async (context) => {
  const { world, wizard } = await cliWorld(context);
  assert.equal((await wizard('pin', 'shop-7')).code, 0);
  assert.equal((await wizard('pin', 'shop-7', '--commit', headSha.slice(0, 7))).code, 0);
  assert.equal((await wizard('pin', 'shop-7', '--off')).code, 0);
  assert.equal((await wizard('approve', 'shop-7', '--commit', headSha)).code, 0);
  assert.equal((await wizard('approve', 'shop-7', '--commit', 'abcdef1')).code, 2);
  assert.equal((await wizard('approve', 'shop-7')).code, 2);
  assert.deepEqual(
    world.asked.map(({ what, sha }) => [what, sha]),
    [
      ['pin', liveSha],
      ['pin', headSha],
      ['unpin', undefined],
      ['approve', headSha],
    ],
  );
});
