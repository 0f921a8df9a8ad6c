import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall } from '../../../../testing/builders.ts';
import type { Fault } from '../../../../testing/github/faults.ts';
import { type GithubTestWorld, githubTestWorld } from '../../../../testing/github/github-world.ts';
import { seededRandom } from '../../../../testing/seeded-random.ts';
import { WizardError } from '../../../domain/wizard-error.ts';

async function worldWith(opened: number): Promise<GithubTestWorld> {
  const world = await githubTestWorld();
  for (let count = 0; count < opened; count += 1) world.github.world.openPull('acme/shop');
  return world;
}

/** The numbers that were listed, or `undefined` when it was said that they could not be. */
async function listed(world: GithubTestWorld): Promise<readonly number[] | undefined> {
  try {
    return (await world.host.openPullRequests(world.repository, aCall())).map(({ number }) => number);
  } catch (error) {
    assert.ok(error instanceof WizardError, 'it throws a WizardError');
    return undefined;
  }
}

const troubles: readonly Fault[] = [
  'unauthorized',
  'not-found',
  'trouble',
  'cut',
  'cut-in-body',
  'truncated-json',
  'lost-link',
];

test('whatever fails at whatever request, a list is whole or is none', async () => {
  const opened = 101;
  const world = await worldWith(opened);
  try {
    for (const fault of troubles) {
      // The repository, both pages, and the first once more.
      for (const nth of [1, 2, 3, 4]) {
        let count = 0;
        // A change makes the pages be read in full again.
        world.github.world.change('acme/shop', 1, 'edited', { title: `${fault} ${nth}` });
        world.github.meanwhile = () => {
          count += 1;
          if (count === nth) world.github.faults.plan({ on: '/', fault });
        };
        const numbers = await listed(world);
        assert.ok(count >= nth, `request ${nth} was made`);
        if (numbers !== undefined) assert.equal(numbers.length, opened, `${fault} at request ${nth}`);
        world.github.faults.clear();
      }
    }
    world.github.meanwhile = () => undefined;
    assert.equal((await listed(world))?.length, opened, 'afterwards all is as before');
  } finally {
    await world.close();
  }
});

test('people may open, close and reopen while we read: who was open all the time is listed, once', async () => {
  const opened = 205;
  for (const seed of [1, 2, 3, 4]) {
    const world = await worldWith(opened);
    const random = seededRandom(seed);
    const touched = new Set<number>();
    let left = 3;
    world.github.meanwhile = () => {
      if (left === 0 || random.next() < 0.5) return;
      left -= 1;
      if (random.next() < 0.2) return void touched.add(world.github.world.openPull('acme/shop').number);
      const number = 1 + Math.floor(random.next() * opened);
      touched.add(number);
      const isOpen = world.github.world.at('acme/shop').pulls.get(number)?.state === 'open';
      if (isOpen) world.github.world.close('acme/shop', number);
      else world.github.world.reopen('acme/shop', number);
    };
    try {
      const numbers = await listed(world);
      if (numbers === undefined) continue;
      assert.equal(new Set(numbers).size, numbers.length, `seed ${seed}: nobody twice`);
      for (let number = 1; number <= opened; number += 1) {
        if (!touched.has(number)) assert.ok(numbers.includes(number), `seed ${seed}: ${number} is listed`);
      }
    } finally {
      await world.close();
    }
  }
});
