import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { stateOf } from '../local-cloud/ec2/cloud-instance.ts';
import { noBed } from '../machine-bed/no-bed.ts';
import { addressIn, ask, eventually, instanceOf, stepsIn, toldInSlack, untilLiveAt, visitor } from './seed-watch.ts';
import { opening, openSeedWorld, type SeedWorld } from './seed-world.ts';

const limits = { skip: noBed, timeout: 300_000 };
const megabytes = 200;
/** As `wizard.yml` has it here. */
const ttlMs = 5_000;

let world: SeedWorld;
let head: string;
let instance: string;

before(async () => {
  if (noBed !== false) return;
  world = await openSeedWorld({
    stagingMegabytes: megabytes,
    wildcard: true,
    recipe: (text) => text.replace('4GB', '2GB').replace('512M', '256M'),
  });
  await world.start();
}, opening);

after(() => world?.closeAll(), limits);

interface State {
  readonly revision: string;
  readonly reservations: number;
  readonly confirmed: number;
  readonly reviews: number;
  readonly columns: string;
}

const stateAt = async (number: number): Promise<State> => {
  const seen = await world.visit('app', number, '/state');
  assert.equal(seen?.status, 200);
  return (await seen?.json()) as State;
};

const inStaging = async (table: string): Promise<number> =>
  Number(await world.bed.staging.ask(`select count(*) from ${table}`));

const since = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

test('opened: a machine with rows of staging serves the head commit under its names', limits, async (context) => {
  const began = performance.now();
  head = await world.open(7);
  const name = `app-shop-7.${world.bind.zone}`;
  assert.deepEqual(await world.bind.dig(name, 'A'), [world.bed.addresses.host], 'the wildcard leads it to the server');
  await eventually('the live page to answer', async () => {
    const page = await world.gateway(name);
    return page.body.includes('acme/shop') ? page : undefined;
  });
  context.diagnostic(`live page after ${since(began)}`);
  assert.equal((await world.find(7))?.phase, 'building', 'it answers before there is anything else');
  const reviewer = visitor(world, 7, 200);
  const live = await untilLiveAt(world, 7, head);
  context.diagnostic(`live after ${since(began)}`);
  const { answers } = await reviewer.leave();
  const seen = [...new Set(answers.map((answer) => (answer.startsWith('503 {') ? 'the live page' : answer)))];
  assert.deepEqual(seen, ['the live page', `200 ${head}`], 'one URL, first to the live page, then to the shop');
  assert.deepEqual(await world.bind.dig(name, 'A'), [addressIn(live)]);
  for (const { name, tookMs = 0 } of stepsIn(live)) context.diagnostic(`  ${name}: ${(tookMs / 1000).toFixed(1)} s`);
  instance = instanceOf(world, 7);
  assert.ok(
    !world.running().printed.out.includes('ssh.first-key-believed'),
    'its console told its host keys before the first login',
  );

  const size = await world.bed.staging.ask(
    'select sum(data_length) from information_schema.tables where table_schema = database()',
  );
  assert.ok(Number(size) >= megabytes * 1024 * 1024 * 0.9, `staging has ${size} bytes`);
  for (const endpoint of ['app', 'api']) {
    const seen = await world.visit(endpoint, 7, '/state');
    assert.equal(seen?.status, 200);
    assert.equal(seen?.headers.get('server')?.startsWith('nginx'), true);
    const state = (await seen?.json()) as State;
    assert.equal(state.revision, head);
    assert.equal(state.reviews, await inStaging('reviews'));
    assert.match(state.columns, /\bnote\b/, 'the migration of the commit ran');
  }
});

test('Slack says that it was noticed, then the address of the machine and the URLs', limits, async () => {
  const told = await eventually('Slack to be told of it', async () => {
    const texts = toldInSlack(world.slack, 7);
    return texts.some((text) => /is live/.test(text)) ? texts : undefined;
  });
  assert.match(told[0] ?? '', /was noticed.*The addresses already show how far it is/s);
  const live = told.find((text) => /is live/.test(text)) ?? '';
  const seen = await world.find(7);
  assert.ok(seen);
  for (const part of [`app-shop-7.${world.bind.zone}`, `api-shop-7.${world.bind.zone}`, addressIn(seen)])
    assert.ok(live.includes(part), `${part} is in ${live}`);
  assert.equal(world.slack.posts().length, 1, 'one message, edited as it goes on');
});

test('what a reviewer writes is confirmed by the worker and never reaches staging', limits, async () => {
  const before = await inStaging('reservations');
  const seen = await world.visit('app', 7, '/reservations', 'POST');
  assert.equal(seen?.status, 201);
  await eventually('the worker to confirm it', async () => {
    const { confirmed } = await stateAt(7);
    return confirmed === before + 1 ? confirmed : undefined;
  });
  assert.equal(await inStaging('reservations'), before);
  assert.equal(await inStaging('reservations where confirmed_at is null'), 0);
});

test(
  'pushed: the same machine serves the new commit with the same data, and no visitor sees a gap',
  limits,
  async (context) => {
    const reservations = (await stateAt(7)).reservations;
    const reviewer = visitor(world, 7);
    const began = performance.now();
    const pushed = await world.push(7, { 'public/news.txt': 'pushed\n' });
    await untilLiveAt(world, 7, pushed);
    context.diagnostic(`live again after ${since(began)}`);
    const served = await stateAt(7);
    const { answers, slowestMs } = await reviewer.leave();
    context.diagnostic(`${answers.length} visits meanwhile, the slowest took ${slowestMs.toFixed(0)} ms`);

    assert.equal(served.revision, pushed, 'what is said to be live is what answers');
    assert.equal(served.reservations, reservations);
    assert.equal(await (await world.visit('app', 7, '/news.txt'))?.text(), 'pushed\n');
    assert.equal(instanceOf(world, 7), instance);
    assert.deepEqual([...new Set(answers)], [`200 ${head}`, `200 ${pushed}`]);
    head = pushed;
  },
);

test('closed: nothing of it is left anywhere, and the receipt says so', limits, async (context) => {
  const began = performance.now();
  const before = world.cloud.requests.length;
  await world.close(7);
  const closed = await world.reach(7, 'closed');
  context.diagnostic(`gone after ${since(began)}`);
  const asked = world.cloud.requests.slice(before);
  const askedAt = (what: string): number => asked.find(({ operation }) => operation === what)?.at ?? Number.NaN;
  const stayedMs = askedAt('TerminateInstances') - askedAt('ChangeResourceRecordSets');
  assert.ok(stayedMs >= ttlMs, `its machine stayed ${stayedMs} ms longer than its names`);
  assert.deepEqual(await world.leftBehind(7), []);
  const roles = closed.receipt?.resources.map(({ role }) => role).sort();
  assert.deepEqual(
    [...new Set(roles)],
    ['checkout', 'configure', 'deploy', 'dns', 'health', 'machine', 'playbooks', 'route', 'services', 'ssh'],
  );
  await eventually('Slack to be told that it is gone', async () =>
    toldInSlack(world.slack, 7).find((text) => /is gone/.test(text)),
  );
});

test('reopened: it is built again, on another machine, with fresh data', limits, async (context) => {
  const began = performance.now();
  await world.reopen(7);
  await untilLiveAt(world, 7, head);
  context.diagnostic(`live after ${since(began)}`);
  assert.notEqual(instanceOf(world, 7), instance);
  const state = await stateAt(7);
  assert.equal(state.revision, head);
  assert.equal(state.reservations, await inStaging('reservations'));
});

test(
  'asleep its machine is off; awake it is the same one at another address, with fresh data',
  limits,
  async (context) => {
    assert.equal((await world.visit('app', 7, '/reservations', 'POST'))?.status, 201);
    const [before] = world.cloud.alive;
    assert.ok(before);
    const { id, publicIp } = before;
    const began = performance.now();
    await ask(world, 7, 'sleep');
    await world.reach(7, 'asleep');
    context.diagnostic(`asleep after ${since(began)}`);
    await eventually('the instance to be stopped', async () => (stateOf(before) === 'stopped' ? true : undefined));
    assert.deepEqual(await world.bind.dig(`app-shop-7.${world.bind.zone}`, 'A'), [world.bed.addresses.host]);
    const page = await world.gateway(`app-shop-7.${world.bind.zone}`);
    assert.deepEqual([page.status, /asleep/i.test(page.body)], [503, true], page.body);

    await ask(world, 7, 'wake');
    const live = await untilLiveAt(world, 7, head);
    context.diagnostic(`live again after ${since(began)}`);
    assert.equal(instanceOf(world, 7), id);
    assert.notEqual(addressIn(live), publicIp);
    for (const endpoint of ['app', 'api'])
      assert.deepEqual(await world.bind.dig(`${endpoint}-shop-7.${world.bind.zone}`, 'A'), [addressIn(live)]);
    const state = await stateAt(7);
    assert.equal(state.revision, head);
    assert.equal(state.reservations, await inStaging('reservations'), 'what lay in memory is loaded anew');
  },
);
