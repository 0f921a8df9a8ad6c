import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { type WorkResult, workQueue } from './work-queue.ts';

function tried(work: (key: string) => Promise<WorkResult>, atOnce = 2) {
  const clock = manualClock();
  const failed: unknown[] = [];
  const queue = workQueue<string>({
    clock,
    atOnce,
    work,
    failed: (key, error, times) => {
      failed.push([key, error, times]);
      return 1000;
    },
  });
  return { clock, failed, queue };
}

test('a key added while it is worked on is worked on once more, never twice at once', async () => {
  const gates: PromiseWithResolvers<void>[] = [];
  let inside = 0;
  const { clock, queue } = tried(async () => {
    inside += 1;
    assert.equal(inside, 1);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    inside -= 1;
    return {};
  });
  for (let times = 0; times < 5; times += 1) queue.add('a');
  await clock.drain();
  assert.equal(gates.length, 1);
  gates[0]?.resolve();
  await clock.drain();
  assert.equal(gates.length, 2);
  gates[1]?.resolve();
  await clock.drain();
  assert.equal(gates.length, 2);
  assert.equal(queue.idle(), true);
});

test('work that throws is told and comes again, and success forgets the failures', async () => {
  let runs = 0;
  const { clock, failed, queue } = tried(async () => {
    runs += 1;
    if (runs !== 3) throw new Error('no');
    return {};
  });
  queue.add('a');
  await clock.advance(2000);
  assert.equal(runs, 3);
  queue.add('a');
  await clock.drain();
  assert.deepEqual(
    failed.map((one) => (one as unknown[])[2]),
    [1, 2, 1],
  );
});

test('the soonest of several times counts', async () => {
  const at: number[] = [];
  const { clock, queue } = tried(async () => {
    at.push(clock.monotonic());
    return {};
  });
  queue.addAfter('a', 500);
  queue.addAfter('a', 100);
  queue.addAfter('a', 900);
  await clock.advance(5000);
  assert.deepEqual(at, [100]);
});

test('no more than so many are worked on at once, and the others follow in their order', async () => {
  const begun: string[] = [];
  const gates: PromiseWithResolvers<void>[] = [];
  const { clock, queue } = tried(async (key) => {
    begun.push(key);
    const gate = Promise.withResolvers<void>();
    gates.push(gate);
    await gate.promise;
    return {};
  }, 2);
  for (const key of ['a', 'b', 'c', 'd']) queue.add(key);
  await clock.drain();
  assert.deepEqual(begun, ['a', 'b']);
  gates[1]?.resolve();
  await clock.drain();
  assert.deepEqual(begun, ['a', 'b', 'c']);
  for (const gate of gates) gate.resolve();
  await clock.drain();
  assert.deepEqual(begun, ['a', 'b', 'c', 'd']);
});

test('stopping waits for what runs, and starts nothing that waited, was due later or is added', async () => {
  const begun: string[] = [];
  const gate = Promise.withResolvers<void>();
  const { clock, queue } = tried(async (key) => {
    begun.push(key);
    await gate.promise;
    return { againMs: 10 };
  }, 1);
  queue.add('a');
  queue.add('waits');
  queue.addAfter('later', 100);
  let stopped = false;
  const stopping = queue.stop().then(() => (stopped = true));
  queue.add('added');
  await clock.advance(1000);
  assert.equal(stopped, false);
  gate.resolve();
  await stopping;
  queue.addAfter('added', 1);
  await clock.advance(1000);
  assert.deepEqual(begun, ['a']);
  assert.equal(clock.pending, 0);
});

test('stopping a queue that does nothing is done at once, and so is stopping it again', async () => {
  const { queue } = tried(async () => ({}));
  await queue.stop();
  await queue.stop();
  assert.equal(queue.idle(), true);
});
