import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import { fullDisk, isFullDisk } from './database.ts';
import { receivedError, sentError } from './sent-error.ts';

/** As it is when it has gone from one thread to another. */
const overThreads = (error: unknown): Error => receivedError(structuredClone(sentError(error)));

test('an error says the same in the other thread, and its cause too', () => {
  const cause = Object.assign(new Error('database or disk is full'), { code: 'ERR_SQLITE_ERROR', errcode: 13 });
  const sent = fullDisk('writing down', cause);
  const received = overThreads(sent);
  assert.ok(received instanceof WizardError);
  assert.deepEqual({ ...received, cause: undefined }, { ...sent, cause: undefined });
  assert.equal(describeError(received), describeError(sent));
  assert.ok(isFullDisk(received.cause));
});

test('what is left out stays left out, and what is no error has its words', () => {
  const throttled = new WizardError('asking', { code: 'store/slow', remedy: 'try-again', afterMs: 500 });
  const received = overThreads(throttled);
  assert.ok(received instanceof WizardError);
  assert.deepEqual([received.afterMs, received.hint, received.cause], [500, undefined, undefined]);
  assert.equal(overThreads('a word').message, 'a word');
});
