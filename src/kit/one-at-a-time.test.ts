import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once, oneAtATime, unlessAborted } from './one-at-a-time.ts';

const never = new AbortController().signal;

test('work with one key runs one after the other, in the order it came; other keys do not wait', async () => {
  const inTurn = oneAtATime();
  const said: string[] = [];
  const gate = Promise.withResolvers<void>();
  const first = inTurn('a', never, async () => {
    said.push('first begins');
    await gate.promise;
    said.push('first ends');
  });
  const second = inTurn('a', never, async () => void said.push('second'));
  await inTurn('b', never, async () => void said.push('other'));
  gate.resolve();
  await Promise.all([first, second]);
  assert.deepEqual(said, ['first begins', 'other', 'first ends', 'second']);
});

test('one that gives up waiting does not let the next one in early', async () => {
  const inTurn = oneAtATime();
  const gate = Promise.withResolvers<void>();
  let busy = true;
  const first = inTurn('a', never, async () => {
    await gate.promise;
    busy = false;
  });
  const stop = new AbortController();
  const second = inTurn('a', stop.signal, async () => assert.fail('it gave up'));
  const rejected = assert.rejects(second, /enough/);
  stop.abort(new Error('enough'));
  await rejected;
  const third = inTurn('a', never, async () => assert.equal(busy, false));
  gate.resolve();
  await Promise.all([first, third]);
});

test('work that fails lets the next one in', async () => {
  const inTurn = oneAtATime();
  await assert.rejects(inTurn('a', never, () => Promise.reject(new Error('no'))));
  assert.equal(await inTurn('a', never, async () => 'yes'), 'yes');
});

test('waiting ends when the signal aborts, before or meanwhile', async () => {
  await assert.rejects(unlessAborted(Promise.resolve(1), AbortSignal.abort(new Error('before'))), /before/);
  const stop = new AbortController();
  const waiting = assert.rejects(unlessAborted(new Promise(() => undefined), stop.signal), /meanwhile/);
  stop.abort(new Error('meanwhile'));
  await waiting;
});

test('once does its work once, but again after a failure', async () => {
  let runs = 0;
  const work = once(async () => {
    runs += 1;
    if (runs === 1) throw new Error('first');
    return runs;
  });
  await assert.rejects(work());
  assert.deepEqual(await Promise.all([work(), work()]), [2, 2]);
});
