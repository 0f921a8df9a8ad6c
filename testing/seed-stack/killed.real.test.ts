import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { processesOf } from '../../demo/left-behind.ts';
import { noBed } from '../machine-bed/no-bed.ts';
import { addressIn, eventually, instanceOf, logOf, stepIn, untilLiveAt, untilLogged } from './seed-watch.ts';
import { opening, openSeedWorld, type SeedWorld } from './seed-world.ts';

const limits = { skip: noBed, timeout: 240_000 };

let world: SeedWorld;
let head: string;
let instance: string;

before(async () => {
  if (noBed !== false) return;
  world = await openSeedWorld({
    recipe: (text) =>
      // One after the other, so that each can be killed in its middle.
      text.replace('4GB', '1GB').replace('512M', '64M').replace('group: shop\n', 'group: shop\n    after: services\n'),
  });
  await world.start();
}, opening);

after(() => world?.closeAll(), limits);

/** What each step says at its end, once. */
const lastLines = new Map([
  ['machine', /Cloud-init v\..* finished at/g],
  ['services', /^== all services answer/gm],
  ['configure', /^PLAY RECAP/gm],
  ['deploy', /echo "Branch .* deployed as release/g],
]);

/** The server is killed as a lost machine would, and is there again a moment later. */
async function killInTheMiddleOf(step: string, program?: RegExp): Promise<void> {
  assert.equal(stepIn(await world.find(7), step)?.state, 'working', `${step} is under way`);
  await world.kill();
  const ours = await processesOf(`seed${world.bed.runId}`);
  if (program)
    assert.ok(
      ours.some((line) => program.test(line)),
      `it outlives the server: ${ours.join('; ')}`,
    );
  await world.start();
}

test('killed in the middle of the user-data, it follows what goes on there to its end', limits, async () => {
  head = await world.open(7);
  await untilLogged(world, 7, 'services', /^== the settings are here/m);
  await killInTheMiddleOf('services');
  instance = instanceOf(world, 7);
  await untilLogged(world, 7, 'services', /^== all services answer/m);
});

test('killed in the middle of the playbook, that goes on and is followed to its end', limits, async () => {
  await untilLogged(world, 7, 'configure', /^TASK \[Packages\]/m);
  await killInTheMiddleOf('configure', /ansible-playbook/);
  await untilLogged(world, 7, 'configure', /^PLAY RECAP/m);
});

test('killed in the middle of the deploy, that goes on and is followed to its end', limits, async () => {
  await untilLogged(world, 7, 'deploy', /git:/);
  await killInTheMiddleOf('deploy', /\bcap\b/);
  const live = await untilLiveAt(world, 7, head);
  const seen = await world.visit('app', 7, '/revision');
  assert.equal((await seen?.text())?.trim(), head);
  assert.equal(instanceOf(world, 7), instance);
  for (const [name, last] of lastLines) {
    assert.equal(stepIn(live, name)?.generation, 1, `${name} was made once`);
    const log = await logOf(world, 7, name);
    assert.equal(log.match(last)?.length, 1, `the log of ${name} is whole, and no line is there twice:\n${log}`);
  }
});

test('nothing was done twice: one instance, one dump, one playbook, one release', limits, async () => {
  assert.equal(world.cloud.instances.length, 1);
  const seen = await world.find(7);
  assert.ok(seen);
  const count = async (command: string): Promise<number> =>
    Number(await world.hand.ssh(addressIn(seen), `sudo sh -c "${command}"`));
  assert.equal(await count("cat /run/shining-wizard/*.log | grep -c 'the dump is here'"), 1);
  assert.equal(await count('docker ps -aq --filter label=shining-wizard | wc -l'), 3);
  // So that it does not find the line about this very command.
  assert.equal(await count("journalctl | grep -Eo 'legacy.setup.[0-9]+.: Invoked' | sort -u | wc -l"), 1);
  assert.equal(await count('cat /srv/shop/revisions.log | wc -l'), 1);
  assert.equal(await count('ls /srv/shop/releases | wc -l'), 1);
  assert.equal((await logOf(world, 7, 'configure')).match(/^PLAY \[/gm)?.length, 1);
  assert.equal(world.slack.posts().length, 1);
});

test('killed in the middle of closing, it goes on and nothing is left', limits, async (context) => {
  await world.close(7);
  await eventually('closing to have begun', async () =>
    (await world.find(7))?.phase === 'closing' ? true : undefined,
  );
  await world.kill();
  await world.start();
  const began = performance.now();
  await world.reach(7, 'closed');
  context.diagnostic(`gone ${((performance.now() - began) / 1000).toFixed(1)} s after the restart`);
  assert.deepEqual(await world.leftBehind(7), []);
});
