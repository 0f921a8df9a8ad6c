import assert from 'node:assert/strict';
import { test } from 'node:test';
import { canRead, nextTime } from './crontab.ts';

const next = (schedule: string, timeZone: string, after: string): string | undefined => {
  const at = nextTime(schedule, timeZone, Date.parse(after));
  return at === undefined ? undefined : new Date(at).toISOString();
};

test('a schedule is kept in its own time zone', () => {
  assert.equal(next('0 4 * * *', 'Asia/Tokyo', '2026-11-24T00:00:00Z'), '2026-11-24T19:00:00.000Z');
  assert.equal(next('0 4 * * *', 'UTC', '2026-11-24T04:00:00Z'), '2026-11-25T04:00:00.000Z');
  assert.equal(next('@weekly', 'UTC', '2026-11-24T04:00:00Z'), '2026-11-29T00:00:00.000Z');
});

test('a time that the clocks skip in spring comes once all the same', () => {
  assert.equal(next('30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z'), '2026-03-29T01:30:00.000Z');
  assert.equal(next('30 2 * * *', 'Europe/Berlin', '2026-03-29T01:30:00Z'), '2026-03-30T00:30:00.000Z');
});

test('a time that the clocks show twice in autumn comes once', () => {
  const first = next('30 2 * * *', 'Europe/Berlin', '2026-10-24T12:00:00Z');
  assert.equal(first, '2026-10-25T00:30:00.000Z');
  for (const after of [first, '2026-10-25T00:40:00Z'])
    assert.equal(next('30 2 * * *', 'Europe/Berlin', after), '2026-10-26T01:30:00.000Z');
});

test('a day that never comes is none', () => {
  assert.equal(next('0 0 30 2 *', 'UTC', '2026-01-01T00:00:00Z'), undefined);
});

test('what is no crontab, and what is no time zone, is told apart', () => {
  assert.deepEqual(canRead('0 4 * * *', 'Asia/Tokyo'), { schedule: true, timeZone: true });
  assert.deepEqual(canRead('0 4 * * *', 'Mars/Crater'), { schedule: true, timeZone: false });
  for (const text of ['61 * * * *', 'daily', '', '* * * * * *', '2026-01-01T00:00:00', '0 4 * *'])
    assert.deepEqual(canRead(text, 'UTC'), { schedule: false, timeZone: true }, text);
});
