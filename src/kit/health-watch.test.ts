import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { watchHealth } from './health-watch.ts';
import type { Health } from './http-question.ts';

function watched(answers: (at: number) => Health, limitMs = 60_000) {
  const clock = manualClock();
  const start = clock.monotonic();
  const looks: number[] = [];
  const told: string[] = [];
  const watch = watchHealth({
    clock,
    limitMs,
    probe: async () => {
      looks.push(clock.monotonic() - start);
      return answers(clock.monotonic() - start);
    },
    onHealthy: () => told.push(`healthy at ${clock.monotonic() - start}`),
    onLate: (saw) => told.push(`late: ${saw}`),
    onError: (error) => told.push(`error: ${String(error)}`),
  });
  return { clock, looks, told, watch };
}

const notYet = (at: number): Health => ({ healthy: false, saw: `nothing at ${at}` });

test('it looks often in the first moments, then at most four times a second', async () => {
  const { clock, looks, watch } = watched(notYet);
  await clock.advance(20_000);
  watch.stop();
  assert.ok(looks.filter((at) => at < 100).length >= 5, `looks: ${looks.slice(0, 8).join(' ')}`);
  const pauses = looks.slice(1).map((at, index) => at - (looks[index] ?? 0));
  assert.ok(pauses.every((pause, index) => index === 0 || pause >= (pauses[index - 1] ?? 0) - 0.001));
  assert.equal(Math.round(pauses.at(-1) ?? 0), 250);
});

test('it tells of health once, and looks no more', async () => {
  const { clock, looks, told } = watched((at) => (at > 1000 ? { healthy: true } : notYet(at)));
  await clock.advance(10_000);
  assert.equal(told.length, 1);
  assert.match(told[0] ?? '', /^healthy at 1[0-9]{3}/);
  const before = looks.length;
  await clock.advance(10_000);
  assert.equal(looks.length, before);
});

test('when the time is over it tells what was seen last', async () => {
  const { clock, told, watch } = watched((at) => ({ healthy: false, saw: at < 1 ? 'the first' : 'the last' }), 3000);
  await clock.advance(2000);
  assert.deepEqual(told, []);
  assert.equal(watch.saw(), 'the last');
  await clock.advance(2000);
  assert.deepEqual(told, ['late: the last']);
});

test('after stop it tells nothing', async () => {
  const { clock, told, watch } = watched((at) => (at > 1000 ? { healthy: true } : notYet(at)));
  await clock.advance(500);
  watch.stop();
  await clock.advance(60_000);
  assert.deepEqual(told, []);
});
