import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { noBed } from '../machine-bed/no-bed.ts';
import { allowBaking, forgetBaked, soon, untilBaked, withBakedData } from './seed-bakes.ts';
import {
  addressIn,
  eventually,
  instanceOf,
  logOf,
  stepIn,
  untilLiveAt,
  untilLogged,
  untilMended,
  untilParked,
} from './seed-watch.ts';
import { opening, openSeedWorld, type SeedWorld } from './seed-world.ts';
import { isToldEverywhere, operator } from './told-everywhere.ts';

const limits = { skip: noBed, timeout: 400_000 };

let world: SeedWorld;
/** As the operator wrote it, but for one word. */
let config: string;
let recipe: string;
let first: string;

/** Names by dynamic update at BIND, as soon as there is an address; a stage that reads all from its environment, so no file of the commit is changed. */
before(async () => {
  if (noBed !== false) return;
  world = await openSeedWorld({
    dns: 'rfc2136',
    config: (text) => text.replace('register: when-live', 'register: at-once'),
    recipe: (text) => {
      const small = text.replace('4GB', '1GB').replace('512M', '64M');
      recipe = small.replace('[cap, production, deploy]', '[cap, preview, deploy]').replace(/^ *rewrite: .*\n/m, '');
      return recipe;
    },
  });
  await allowBaking(world, soon());
  config = await readFile(world.configPath, 'utf8');
  const wrong = Buffer.alloc(32, 'another key').toString('base64');
  await writeFile(world.configPath, config.replace(world.bind.key.secret, wrong));
  await world.start();
}, opening);

after(async () => {
  await world?.stop();
  if (world) await forgetBaked(world);
  await world?.closeAll();
}, limits);

test(
  'a name server that refuses the key parks it for the operator, and the page and Slack say so',
  limits,
  async () => {
    first = await world.open(7);
    const parked = await untilParked(world, 7, 'dns');
    await isToldEverywhere(world, {
      number: 7,
      parked,
      what: /the name server refuses the key/,
      who: operator(/^Check "secret" and "algorithm" of the key under dns/),
    });
    assert.deepEqual(await world.bind.records(), []);
  },
);

test('with the right key it goes on, on the machine that was made already', limits, async (context) => {
  const began = performance.now();
  const made = instanceOf(world, 7);
  await world.stop();
  await writeFile(world.configPath, config);
  await world.start();
  const live = await untilMended(world, 7, first);
  context.diagnostic(`live ${((performance.now() - began) / 1000).toFixed(1)} s after the repair`);
  assert.equal(instanceOf(world, 7), made);
  assert.equal(stepIn(live, 'machine')?.generation, 1);
  for (const endpoint of ['app', 'api']) {
    const seen = await world.visit(endpoint, 7, '/revision');
    assert.equal((await seen?.text())?.trim(), first);
  }
});

test(
  'two at once, one with data that the schedule has baked and pushed to as it is built; one that is closed meanwhile leaves nothing',
  limits,
  async (context) => {
    const began = performance.now();
    const version = await untilBaked(world);
    const eights = { '.wizard.yml': withBakedData(recipe), 'public/news.txt': 'eight\n' };
    await Promise.all([world.open(8, eights), world.open(9)]);
    await untilLogged(world, 8, 'configure', /^PLAY \[/m);
    const pushed = await world.find(8);
    assert.deepEqual([stepIn(pushed, 'configure')?.state, stepIn(pushed, 'deploy')?.state], ['working', 'waiting']);
    const built = instanceOf(world, 8);
    const head = await world.push(8, { 'public/news.txt': 'eight again\n' });
    await untilLogged(world, 9, 'services', /^== /m);
    assert.equal(stepIn(await world.find(9), 'services')?.state, 'working');
    await world.close(9);
    const closed = await world.reach(9, 'closed');
    context.diagnostic(
      `closed while building: gone ${((performance.now() - began) / 1000).toFixed(1)} s after it was opened`,
    );
    assert.deepEqual(await world.leftBehind(9), []);
    assert.ok(closed.receipt?.resources.some(({ role }) => role === 'machine'));

    const live = await untilLiveAt(world, 8, head);
    context.diagnostic(`the other is live after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.equal(instanceOf(world, 8), built, 'the push found its machine half built, and it was kept');
    assert.notEqual(built, instanceOf(world, 7));
    const deploys = (await world.hand.ssh(addressIn(live), 'cat /srv/shop/revisions.log')).trim().split('\n');
    assert.deepEqual([deploys.length, deploys[0]?.includes(head)], [1, true], deploys.join('\n'));
    const log = await logOf(world, 8, 'services');
    assert.ok(log.includes(`== mysql: the data of ${version}\n`), log);
    assert.doesNotMatch(log, /a dump of the database|the dump is here/);
    assert.equal(await (await world.visit('app', 8, '/news.txt'))?.text(), 'eight again\n');
    assert.equal((await world.visit('app', 8, '/reservations', 'POST'))?.status, 201);
    const state = async (number: number) => (await (await world.visit('app', number, '/state'))?.json()) as State;
    const [seven, eight] = [await state(7), await state(8)];
    assert.deepEqual([seven.revision, eight.revision], [first, head]);
    assert.equal(eight.reservations, seven.reservations + 1);
    assert.deepEqual(await world.bind.dig(`app-shop-8.${world.bind.zone}`, 'A'), [addressIn(live)]);
  },
);

test('closed together, nothing is left of either', limits, async (context) => {
  const began = performance.now();
  await Promise.all([world.close(7), world.close(8)]);
  await Promise.all([world.reach(7, 'closed'), world.reach(8, 'closed')]);
  context.diagnostic(`gone after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  assert.deepEqual([...(await world.leftBehind(7)), ...(await world.leftBehind(8))], []);
  assert.deepEqual(await world.bind.records(), [], 'the zone is as it was');
  assert.deepEqual(world.cloud.alive, []);
  await eventually('Slack to be told of both', async () =>
    world.slack.posts().every(({ text }) => /is gone/.test(text)) ? true : undefined,
  );
});

interface State {
  readonly revision: string;
  readonly reservations: number;
}
