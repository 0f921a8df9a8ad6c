import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { steadyTimes } from './steady-times.ts';

const hour = 3_600_000;

for (const [way, jump] of [
  ['forward', hour],
  ['back', -hour],
] as const) {
  test(`a clock that is set ${way} changes neither how long ago something was nor how long something rests`, async () => {
    const clock = manualClock();
    const times = steadyTimes(clock);
    const [began, until] = [clock.now() - 5000, clock.now() + 9000];
    const ago = (): number => clock.now() - times.read('web', 'began', began, 0);
    const left = (): number => times.read('web', 'until', until, 60_000) - clock.now();
    assert.deepEqual([ago(), left()], [5000, 9000]);
    clock.jump(jump);
    await clock.advance(1000);
    assert.deepEqual([ago(), left()], [6000, 8000]);
    clock.jump(-2 * jump);
    await clock.advance(1000);
    assert.deepEqual([ago(), left()], [7000, 7000]);
  });
}

test('a time that is further ahead than can be is believed to be as far as can be', async () => {
  const clock = manualClock();
  const times = steadyTimes(clock);
  const left = (): number => times.read('web', 'until', clock.now() + 0, 0) - clock.now();
  assert.equal(left(), 0);
  const far = clock.now() + hour;
  assert.equal(times.read('web', 'until', far, 60_000) - clock.now(), 60_000);
  await clock.advance(50_000);
  assert.equal(times.read('web', 'until', far, 60_000) - clock.now(), 10_000);
  assert.equal(clock.now() - times.read('web', 'began', far, 0), 0);
});

test('another time about the same is heard anew, and what is forgotten too', () => {
  const clock = manualClock();
  const times = steadyTimes(clock);
  times.read('web', 'began', clock.now(), 0);
  clock.jump(hour);
  assert.equal(clock.now() - times.read('web', 'began', clock.now() - 7, 0), 7);
  clock.jump(hour);
  const began = clock.now() - 2 * hour;
  times.read('route', 'began', began, 0);
  times.keep(new Set(['web']));
  clock.jump(-hour);
  assert.equal(clock.now() - times.read('route', 'began', began, 0), hour);
});
