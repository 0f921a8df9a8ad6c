import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { host } from '../machine-bed/docker.ts';
import { noBed } from '../machine-bed/no-bed.ts';
import type { SeenEnvironment } from '../real-server.ts';
import { exampleRecipe } from './seed-config.ts';
import { eventually, instanceOf, stepIn, untilLiveAt, untilParked, untilTold } from './seed-watch.ts';
import { openSeedWorld, type SeedWorld } from './seed-world.ts';

const limits = { skip: noBed, timeout: 300_000 };

let world: SeedWorld;
let recipe: string;

/** Each pull request brings a recipe of its own, and `locked` is a machine that our key does not open. */
before(async () => {
  if (noBed !== false) return;
  recipe = (await exampleRecipe()).replace('4GB', '1GB').replace('512M', '64M');
  world = await openSeedWorld({ recipe: () => recipe, config: withStrangeMachines });
  await host(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(world.folder, 'locked-key')]);
  await world.start();
}, limits);

after(() => world?.closeAll(), limits);

function withStrangeMachines(text: string): string {
  const config = parse(text);
  const { preview } = config.machines;
  const folder = config['data-directory'].replace(/\/data$/, '');
  config.machines.locked = { ...preview, 'ssh-key': `\${file:${folder}/locked-key}` };
  config.repositories[0]['recipe-from'] = 'head';
  config.repositories[0].allow.machines = ['preview', 'locked'];
  return stringify(config);
}

/** What everybody is told of a parked environment: what went wrong, what can be done, and where. */
async function isToldEverywhere(number: number, parked: SeenEnvironment, what: RegExp): Promise<void> {
  const { message = '', lastLines = [] } = parked.failure ?? {};
  assert.match([message, ...lastLines].join('\n'), what);
  await eventually('the live page to say so', async () => {
    const page = await world.gateway(`app-shop-${number}.${world.bind.zone}`);
    return what.test(page.body.replaceAll('&#39;', "'")) ? true : undefined;
  });
  await untilTold(world, number, what);
}

const redeploy = async (number: number): Promise<void> => {
  const seen = await world.api(`environments/shop-${number}/redeploy`, 'POST');
  assert.ok(seen.status < 300, seen.body);
};

const startedAt = (seen: SeenEnvironment | undefined, name: string): unknown =>
  (stepIn(seen, name) as { readonly startedAt?: number } | undefined)?.startedAt;

test(
  'a database of staging that cannot be reached, and one that breaks off in the middle of the dump',
  limits,
  async (context) => {
    const began = performance.now();
    const say = (what: string): void =>
      context.diagnostic(`${what} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await world.bed.staging.disconnect();
    const head = await world.open(11);
    const unreachable = await untilParked(world, 11, 'services');
    say('parked');
    await isToldEverywhere(11, unreachable, /cannot be reached from this machine/);
    const instance = instanceOf(world, 11);
    const configured = startedAt(await world.find(11), 'configure');
    await world.bed.staging.reconnect();

    // A dump waits here for its turn, half done.
    const locked = world.bed.staging.ask('lock tables reviews write; select sleep(600)').catch((error: Error) => error);
    await redeploy(11);
    await eventually('a dump to wait', () => killed(/metadata lock/));
    const cut = await eventually('it to be parked for another reason', async () => {
      const seen = await untilParked(world, 11, 'services');
      return seen.failure?.message === unreachable.failure?.message ? undefined : seen;
    });
    say('parked again');
    await isToldEverywhere(11, cut, /broke off|cut off/);
    await eventually('staging to be free again', () => killed(/User sleep/));
    await locked;

    await redeploy(11);
    const live = await untilLiveAt(world, 11, head);
    say('live');
    assert.equal(instanceOf(world, 11), instance, 'the machine was kept');
    assert.notEqual(configured, undefined);
    assert.equal(stepIn(live, 'machine')?.generation, 1);
    await world.close(11);
  },
);

/** Ends what staging is at that is in such a state. */
async function killed(state: RegExp): Promise<true | undefined> {
  const list = (await world.bed.staging.ask('show processlist')).split('\n').map((line) => line.split('\t'));
  const [found] = list.filter((columns) => state.test(columns[6] ?? ''));
  if (!found) return undefined;
  await world.bed.staging.ask(`kill ${found[0]}`);
  return true;
}

test(
  'a service that ends at once, a task that fails and a migration that fails are told with what was wrong',
  limits,
  async (context) => {
    const began = performance.now();
    const say = (what: string): void =>
      context.diagnostic(`${what} after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    const { ansible } = world.bed.repositories;
    const badTask = `- name: A server of the shop
  hosts: shop
  tasks:
    - name: Licence
      ansible.builtin.command: sh -c 'echo the licence is not there >&2; exit 3'
`;
    await ansible.commit('refs/heads/licence', { 'site.yml': badTask }, ansible.head);
    const migration = 'db/migrate/20260301000000_add_colour.rb';
    const adds = (table: string): string =>
      `class AddColour < ActiveRecord::Migration[6.1]\n  def change\n    add_column :${table}, :colour, :string\n  end\nend\n`;
    await Promise.all([
      world.open(12, { '.wizard.yml': recipe.replace('[mysqld]', '[mysqld]\n      no-such-setting = 1') }),
      world.open(13, {
        '.wizard.yml': recipe.replace('playbook: site.yml', 'branch: licence\n    playbook: site.yml'),
      }),
      world.open(14, { [migration]: adds('tables_that_are_not_there') }),
    ]);
    const twelve = await untilParked(world, 12, 'services');
    await isToldEverywhere(12, twelve, /no-such-setting/);
    const thirteen = await untilParked(world, 13, 'configure');
    await isToldEverywhere(13, thirteen, /Licence/);
    assert.match(thirteen.failure?.message ?? '', /the licence is not there/);
    const fourteen = await untilParked(world, 14, 'deploy');
    await isToldEverywhere(14, fourteen, /tables_that_are_not_there/);
    say('all parked');
  },
);

test('a machine that refuses our key is the operator’s to mend', limits, async (context) => {
  const began = performance.now();
  await world.open(15, { '.wizard.yml': recipe.replace('machine: preview', 'machine: locked') });
  const parked = await untilParked(world, 15, 'ssh');
  context.diagnostic(`parked after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await isToldEverywhere(15, parked, /refuses the key/);
  assert.match(parked.failure?.hint ?? '', /under machines in wizard\.yml/);
});
