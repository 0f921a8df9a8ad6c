import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { silentLog } from '../../testing/silent-log.ts';
import { type Round, rounds } from './rounds.ts';

const hourMs = 3_600_000;

function going(all: readonly Round[], random = 0.5) {
  const clock = manualClock();
  return { clock, ...rounds({ clock, log: silentLog(), random: () => random }, all) };
}

const counted = () => {
  const at = { times: 0 };
  const round: Round = {
    name: 'sweep',
    everyMs: 1000,
    run: async () => {
      at.times += 1;
    },
  };
  return { at, round };
};

test('each round runs at once and then every so often', async () => {
  const { at, round } = counted();
  const { clock, first } = going([round]);
  await first;
  assert.equal(at.times, 1);
  await clock.advance(3000);
  assert.equal(at.times, 4);
});

test('the time between is spread by a tenth to each side', async () => {
  for (const [random, ms] of [[0, 900] as const, [1, 1100] as const]) {
    const { at, round } = counted();
    const { clock } = going([round], random);
    await clock.advance(ms - 1);
    assert.equal(at.times, 1);
    await clock.advance(1);
    assert.equal(at.times, 2);
  }
});

test('a round that takes long never runs twice at once, and its pause begins at its end', async () => {
  const gate = Promise.withResolvers<void>();
  let times = 0;
  const run = (): Promise<void> => {
    times += 1;
    return gate.promise;
  };
  const { clock } = going([{ name: 'slow', everyMs: 1000, run }]);
  await clock.advance(10_000);
  assert.equal(times, 1);
  gate.resolve();
  await clock.advance(999);
  assert.equal(times, 1);
  await clock.advance(1);
  assert.equal(times, 2);
});

test('one that fails comes again within a minute or so, and holds up no other', async () => {
  const { at, round } = counted();
  let failed = 0;
  const failing: Round = {
    name: 'closed',
    everyMs: hourMs,
    run: async () => {
      failed += 1;
      if (failed === 1) throw new Error('no');
    },
  };
  const { clock, first } = going([failing, round]);
  await first;
  assert.equal(at.times, 1);
  await clock.advance(60_000);
  assert.equal(failed, 2);
  await clock.advance(hourMs - 1);
  assert.equal(failed, 2, 'after that it is as seldom as before');
});

test('stopping aborts what runs, waits for it, and nothing comes after', async () => {
  const gate = Promise.withResolvers<void>();
  const { at, round } = counted();
  let told: AbortSignal | undefined;
  const run = (signal: AbortSignal): Promise<void> => {
    told = signal;
    return gate.promise;
  };
  const { clock, stop } = going([round, { name: 'slow', everyMs: 1000, run }]);
  await clock.drain();
  let stopped = false;
  const stopping = stop().then(() => (stopped = true));
  await clock.drain();
  assert.equal(told?.aborted, true);
  assert.equal(stopped, false);
  gate.resolve();
  await stopping;
  await clock.advance(hourMs);
  assert.equal(at.times, 1);
  assert.equal(clock.pending, 0);
});
