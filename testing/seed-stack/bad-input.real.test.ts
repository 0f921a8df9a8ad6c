import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { bedImages } from '../machine-bed/bed-cloud.ts';
import { host } from '../machine-bed/docker.ts';
import { noBed } from '../machine-bed/no-bed.ts';
import type { SeenEnvironment } from '../real-server.ts';
import { exampleRecipe } from './seed-config.ts';
import { ask, eventually, instanceOf, machinesOf, stepIn, untilMended, untilParked } from './seed-watch.ts';
import { opening, openSeedWorld, type SeedWorld } from './seed-world.ts';
import { author, isToldEverywhere, operator } from './told-everywhere.ts';

const limits = { skip: noBed, timeout: 300_000 };

let world: SeedWorld;
let recipe: string;
let lockedHead: string;

/** Each pull request brings a recipe of its own; `locked` is a machine that our key does not open, `silent` one that never boots. */
before(async () => {
  if (noBed !== false) return;
  recipe = (await exampleRecipe()).replace('4GB', '1GB').replace('512M', '64M');
  world = await openSeedWorld({ recipe: () => recipe, config: withStrangeMachines });
  await host(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(world.folder, 'locked-key')]);
  await world.start();
  // These take minutes to fail, and next to nothing of this machine: beside the others.
  lockedHead = await world.open(15, { '.wizard.yml': recipe.replace('machine: preview', 'machine: locked') });
  await world.open(16, { '.wizard.yml': recipe.replace('machine: preview', 'machine: silent') });
}, opening);

after(() => world?.closeAll(), limits);

function withStrangeMachines(text: string): string {
  const config = parse(text);
  const { preview } = config.machines;
  const folder = config['data-directory'].replace(/\/data$/, '');
  config.machines.locked = { ...preview, 'ssh-key': `\${file:${folder}/locked-key}` };
  config.machines.silent = { ...preview, image: bedImages.neverBoots, 'boot-limit': '15s' };
  config.repositories[0]['recipe-from'] = 'head';
  config.repositories[0].allow.machines = ['preview', 'locked', 'silent'];
  return stringify(config);
}

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
    await isToldEverywhere(world, {
      number: 11,
      parked: unreachable,
      what: /cannot be reached from this machine/,
      who: operator(/the data source in wizard\.yml/),
    });
    const instance = instanceOf(world, 11);
    const configured = startedAt(await world.find(11), 'configure');
    await world.bed.staging.reconnect();

    // A dump waits here for its turn, half done.
    const locked = world.bed.staging.ask('lock tables reviews write; select sleep(600)').catch((error: Error) => error);
    await ask(world, 11, 'redeploy');
    await eventually('a dump to wait', () => killed(/metadata lock/));
    const cut = await eventually('it to be parked for another reason', async () => {
      const seen = await untilParked(world, 11, 'services');
      return seen.failure?.message === unreachable.failure?.message ? undefined : seen;
    });
    say('parked again');
    await isToldEverywhere(world, {
      number: 11,
      parked: cut,
      what: /broke off|cut off/,
      who: operator(/the data source in wizard\.yml/),
    });
    await eventually('staging to be free again', () => killed(/User sleep/));
    await locked;

    await ask(world, 11, 'redeploy');
    const live = await untilMended(world, 11, head);
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
  'a service that ends at once, a task that fails and a migration that fails, each mended by its author',
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
    await isToldEverywhere(world, {
      number: 12,
      parked: twelve,
      what: /no-such-setting/,
      who: author(/under "services" of the recipe/),
    });
    const thirteen = await untilParked(world, 13, 'configure');
    await isToldEverywhere(world, {
      number: 13,
      parked: thirteen,
      what: /Licence/,
      who: author(/^Mend the playbook, or its variables in the recipe/),
    });
    assert.match(thirteen.failure?.message ?? '', /the licence is not there/);
    const fourteen = await untilParked(world, 14, 'deploy');
    await isToldEverywhere(world, {
      number: 14,
      parked: fourteen,
      what: /tables_that_are_not_there/,
      who: author(/^Mend the commit or its deploy/),
    });
    say('all parked');

    const machines = [12, 13, 14].map((number) => instanceOf(world, number));
    const configured = startedAt(fourteen, 'configure');
    const served = startedAt(fourteen, 'services');
    const original = await host(['git', '-C', ansible.path, 'show', `${ansible.head}:site.yml`]);
    await ansible.commit('refs/heads/licence', { 'site.yml': `${original}\n` }, ansible.head);
    await ask(world, 13, 'redeploy');
    const [mendedService, mendedMigration] = await Promise.all([
      world.push(12, { '.wizard.yml': recipe }),
      world.push(14, { [migration]: adds('reservations') }),
    ]);
    await untilMended(world, 12, mendedService);
    await eventually('13 to be live', async () => ((await world.find(13))?.phase === 'live' ? true : undefined));
    const live = await untilMended(world, 14, mendedMigration);
    say('all live');
    assert.notEqual(instanceOf(world, 12), machines[0], 'other services are another machine');
    assert.deepEqual([instanceOf(world, 13), instanceOf(world, 14)], machines.slice(1), 'what was good is kept');
    assert.deepEqual([startedAt(live, 'configure'), startedAt(live, 'services')], [configured, served]);
    const state = (await (await world.visit('app', 14, '/state'))?.json()) as { readonly columns: string };
    assert.match(state.columns, /\bcolour\b/);
  },
);

test('a machine that refuses our key is the operator’s to mend', limits, async (context) => {
  const began = performance.now();
  const parked = await untilParked(world, 15, 'ssh');
  context.diagnostic(`parked after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  await isToldEverywhere(world, {
    number: 15,
    parked,
    what: /refuses the key/,
    who: operator(/under machines in wizard\.yml/),
  });
  const instance = instanceOf(world, 15);
  await world.stop();
  await writeFile(join(world.folder, 'locked-key'), await readFile(world.hand.keyFile));
  await world.start();
  await untilMended(world, 15, lockedHead);
  assert.equal(instanceOf(world, 15), instance);
});

test(
  'a machine that never boots is the operator’s to mend, and is made anew when somebody asks',
  limits,
  async (context) => {
    const began = performance.now();
    const parked = await untilParked(world, 16, 'machine');
    context.diagnostic(`parked after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    await isToldEverywhere(world, {
      number: 16,
      parked,
      what: /has not answered on port/,
      who: operator(/boot-limit of machines\.silent in wizard\.yml/),
    });
    const instance = instanceOf(world, 16);
    await ask(world, 16, 'redeploy');
    await eventually('another machine in its place', async () => {
      const [one, ...others] = machinesOf(world, 16);
      return one !== undefined && others.length === 0 && one !== instance ? one : undefined;
    });
    await world.close(16);
    await world.reach(16, 'closed');
    assert.deepEqual(await world.leftBehind(16), []);
  },
);
