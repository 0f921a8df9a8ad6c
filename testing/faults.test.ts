import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Fault, withFaults } from './faults.ts';
import { manualClock } from './manual-clock.ts';
import { mortal } from './mortal.ts';

function counterWith(fault: Fault | undefined) {
  const clock = manualClock();
  const life = { dead: false };
  const state = { count: 0 };
  const port = {
    add: async (by: number) => {
      state.count += by;
      return state.count;
    },
    async *owned() {
      yield 1;
      yield 2;
    },
  };
  let next = fault;
  const plan = {
    clock,
    choose: () => {
      const now = next;
      next = undefined;
      return now;
    },
    kill: () => {
      life.dead = true;
    },
  };
  const arm = (other: Fault): void => {
    next = other;
  };
  return { clock, life, state, arm, port: mortal(withFaults(port, 'counter', plan), life) };
}

test('before: an error without effect; after: an effect without answer', async () => {
  const before = counterWith({ kind: 'before' });
  await assert.rejects(before.port.add(1));
  assert.equal(before.state.count, 0);
  const after = counterWith({ kind: 'after' });
  await assert.rejects(after.port.add(1));
  assert.equal(after.state.count, 1);
});

test('late: it fails now and happens later', async () => {
  const { port, state, clock } = counterWith({ kind: 'late', afterMs: 50 });
  await assert.rejects(port.add(1));
  await clock.advance(49);
  assert.equal(state.count, 0);
  await clock.advance(1);
  assert.equal(state.count, 1);
});

test('dup happens twice, slow happens later, stale answers from the past', async () => {
  const twice = counterWith({ kind: 'dup' });
  assert.equal(await twice.port.add(1), 2);
  const slow = counterWith({ kind: 'slow', ms: 10 });
  const answer = slow.port.add(1);
  await slow.clock.advance(9);
  assert.equal(slow.state.count, 0);
  await slow.clock.advance(1);
  assert.equal(await answer, 1);
  slow.arm({ kind: 'stale', atMostMs: 5 });
  assert.equal(await slow.port.add(1), 1, 'what it answered before');
  await slow.clock.advance(6);
  slow.arm({ kind: 'stale', atMostMs: 5 });
  assert.equal(await slow.port.add(1), 2, 'too long ago');
});

test('a partial listing yields half and throws', async () => {
  const { port } = counterWith({ kind: 'partial' });
  const seen: number[] = [];
  await assert.rejects(async () => {
    for await (const item of port.owned()) seen.push(item);
  });
  assert.deepEqual(seen, [1]);
});

test('a kill before has no effect, a kill after has one, and neither is answered', async () => {
  for (const [kind, count] of [
    ['kill-before', 0],
    ['kill-after', 1],
  ] as const) {
    const { port, life, state } = counterWith({ kind });
    let answered = false;
    void port.add(1).finally(() => {
      answered = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    assert.equal(life.dead, true);
    assert.equal(state.count, count);
    assert.equal(answered, false);
  }
});
