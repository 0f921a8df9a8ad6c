import assert from 'node:assert/strict';
import { test } from 'node:test';
import { manualClock } from '../../testing/manual-clock.ts';
import { silentLog } from '../../testing/silent-log.ts';
import { refusals } from './refusals.ts';

const unsigned = { status: 401, reason: 'not signed', event: 'push', guid: 'g-1', sender: 'GitHub-Hookshot/1' };

test('a refusal is in the log at once, and then once a minute with how many there were', async () => {
  const clock = manualClock();
  const log = silentLog();
  const refused = refusals({ clock, log });
  for (let index = 0; index < 1000; index += 1) refused.note(unsigned);
  refused.note({ status: 413, reason: 'too large' });
  await clock.advance(60_000);
  refused.note({ ...unsigned, guid: 'g-2' });
  const who = { webhook: 'push', sender: 'GitHub-Hookshot/1' };
  assert.deepEqual(
    log.lines.map(({ fields }) => fields),
    [
      { status: 401, reason: 'not signed', times: 1, guid: 'g-1', ...who },
      { status: 413, reason: 'too large', times: 1, guid: 'none', webhook: 'none', sender: 'none' },
      { status: 401, reason: 'not signed', times: 1000, guid: 'g-2', ...who },
    ],
  );
  assert.deepEqual([...new Set(log.lines.map(({ event }) => event))], ['webhook.refused']);
});

test('each reason is counted since the start, the last first, and nothing of a sender is kept', async () => {
  const clock = manualClock();
  const refused = refusals({ clock, log: silentLog() });
  refused.note(unsigned);
  refused.note({ status: 413, reason: 'too large' });
  await clock.advance(5000);
  refused.note({ ...unsigned, guid: '\u001b[31m'.repeat(1000) });
  assert.deepEqual(refused.all(), [
    { status: 401, reason: 'not signed', times: 2, lastAt: clock.now() },
    { status: 413, reason: 'too large', times: 1, lastAt: clock.now() - 5000 },
  ]);
});
