import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './manual-clock.ts';

test('timers fire by time, then by order of making', async () => {
  const clock = manualClock();
  const fired: string[] = [];
  clock.after(20, () => fired.push('late'));
  clock.after(10, () => fired.push('first'));
  clock.after(10, () => fired.push('second'));
  await clock.advance(15);
  assert.deepEqual(fired, ['first', 'second']);
  await clock.advance(5);
  assert.deepEqual(fired, ['first', 'second', 'late']);
});

test('promises settle between two timers, and what they set off is on time', async () => {
  const clock = manualClock();
  const seen: number[] = [];
  const wait = (ms: number): Promise<void> => new Promise((resolve) => clock.after(ms, resolve));
  const walk = (async () => {
    await wait(10);
    seen.push(clock.monotonic());
    await wait(10);
    seen.push(clock.monotonic());
  })();
  clock.after(15, () => seen.push(-1));
  await clock.advance(100);
  await walk;
  assert.deepEqual(seen, [10, -1, 20]);
  assert.equal(clock.monotonic(), 100);
});

test('a cancelled timer does not fire', async () => {
  const clock = manualClock();
  let fired = false;
  const cancel = clock.after(1, () => {
    fired = true;
  });
  cancel();
  await clock.advance(10);
  assert.equal(fired, false);
  assert.equal(clock.pending, 0);
});

test('runUntil stops where the condition holds, and says when it never does', async () => {
  const clock = manualClock();
  let count = 0;
  const tick = (): void => {
    count += 1;
    clock.after(10, tick);
  };
  clock.after(10, tick);
  assert.equal(await clock.runUntil(() => count === 3, 1000), true);
  assert.equal(clock.monotonic(), 30);
  assert.equal(await clock.runUntil(() => count === 1_000_000, 100), false);
  assert.equal(clock.monotonic(), 130);
});

test('a jump of the wall clock leaves durations alone', () => {
  const clock = manualClock(0);
  clock.jump(-5000);
  assert.equal(clock.now(), -5000);
  assert.equal(clock.monotonic(), 0);
});
