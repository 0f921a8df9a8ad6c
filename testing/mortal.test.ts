import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from './manual-clock.ts';
import { mortal, mortalClock } from './mortal.ts';

const aTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('an answer that comes after death never arrives', async () => {
  const life = { dead: false };
  let answer: (text: string) => void = () => undefined;
  const port = mortal({ ask: () => new Promise<string>((resolve) => (answer = resolve)) }, life);
  let heard: string | undefined;
  void port.ask().then((text) => {
    heard = text;
  });
  life.dead = true;
  answer('hello');
  await aTurn();
  assert.equal(heard, undefined);
});

test('a call after death has no effect, also in a room within', async () => {
  const life = { dead: false };
  let calls = 0;
  const port = mortal({ room: { act: async () => ++calls } }, life);
  assert.equal(await port.room.act(), 1);
  life.dead = true;
  void port.room.act();
  await aTurn();
  assert.equal(calls, 1);
});

test('a listing that is cut by death yields no more and does not end', async () => {
  const life = { dead: false };
  const port = mortal(
    {
      async *list() {
        yield 1;
        yield 2;
      },
    },
    life,
  );
  const seen: number[] = [];
  let ended = false;
  void (async () => {
    for await (const item of port.list()) {
      seen.push(item);
      life.dead = true;
    }
    ended = true;
  })();
  await aTurn();
  assert.deepEqual(seen, [1]);
  assert.equal(ended, false);
});

test('timers of the dead do not fire', async () => {
  const clock = manualClock();
  const life = { dead: false };
  let fired = 0;
  const mine = mortalClock(clock, life);
  mine.after(1, () => fired++);
  mine.after(2, () => fired++);
  await clock.advance(1);
  life.dead = true;
  await clock.advance(10);
  assert.equal(fired, 1);
});
