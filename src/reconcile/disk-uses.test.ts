import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aResource } from '../../testing/builders.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { silentLog } from '../../testing/silent-log.ts';
import type { StepView } from '../ports/requests.ts';
import type { ResourceDriver } from '../ports/resource-driver.ts';
import { diskUses } from './disk-uses.ts';

/** A kind whose room is told when the test says so. */
function world() {
  const clock = manualClock();
  const asked: { role: string; tell: (own: number | undefined) => void; fail: () => void }[] = [];
  const driver: Pick<ResourceDriver, 'diskUse'> = {
    diskUse: ({ role }) =>
      new Promise((resolve, reject) => {
        const tell = (own: number | undefined): void => resolve(own === undefined ? undefined : { own });
        asked.push({ role, tell, fail: () => reject(new Error('no such folder')) });
      }),
  };
  const drivers = new Map([['database', driver as ResourceDriver]]);
  const uses = diskUses({ drivers, clock, log: silentLog() });
  const step = (role: string, state: StepView['state'] = 'done', kind = 'database'): StepView => {
    const resource = aResource({ role, kind });
    return { name: role, role, kind, state, note: '', lastLines: [], resource };
  };
  const bytes = async (...steps: StepView[]) => (await uses.shown(steps)).map(({ diskBytes }) => diskBytes);
  return { clock, asked, step, bytes };
}

test('who asks first waits a moment, and is told what is known then', async () => {
  const { clock, asked, step, bytes } = world();
  const first = bytes(step('db'));
  await clock.drain();
  asked[0]?.tell(13);
  assert.deepEqual(await first, [13]);
  assert.equal(clock.pending, 0);
  const late = bytes(step('db'), step('other'));
  await clock.advance(250);
  assert.deepEqual(await late, [13, undefined]);
  asked[1]?.tell(7);
  await clock.drain();
  assert.deepEqual(await bytes(step('other')), [7]);
});

test('it is looked up again only when somebody asks, after half a minute, and nobody waits for that', async () => {
  const { clock, asked, step, bytes } = world();
  const first = bytes(step('db'));
  await clock.drain();
  asked[0]?.tell(1);
  await first;
  await clock.advance(29_000);
  await bytes(step('db'));
  assert.equal(asked.length, 1);
  await clock.advance(60_000);
  assert.equal(asked.length, 1);
  assert.deepEqual(await bytes(step('db')), [1]);
  assert.equal(asked.length, 2);
  asked[1]?.tell(2);
  await clock.drain();
  assert.deepEqual(await bytes(step('db')), [2]);
});

test('one is looked up after the other, and one that fails is no reason to stop', async () => {
  const { clock, asked, step, bytes } = world();
  const both = bytes(step('a'), step('b'));
  await clock.drain();
  assert.deepEqual(
    asked.map(({ role }) => role),
    ['a'],
  );
  asked[0]?.fail();
  await clock.drain();
  asked[1]?.tell(5);
  assert.deepEqual(await both, [undefined, 5]);
});

test('what is not ready yet, or takes no room of its own, is not asked', async () => {
  const { asked, step, bytes } = world();
  assert.deepEqual(await bytes(step('db', 'working'), step('web', 'done', 'process')), [undefined, undefined]);
  assert.equal(asked.length, 0);
});
