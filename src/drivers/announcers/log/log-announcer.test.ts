import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCall, aNews, aSha } from '../../../../testing/builders.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import { logAnnouncer } from './log-announcer.ts';

const call = aCall();

describe('the log announcer', () => {
  it('writes one line for each change, and none for the same news', async () => {
    const log = silentLog();
    const first = await logAnnouncer({ log }).announce(aNews(), undefined, call);
    const second = await logAnnouncer({ log }).announce(aNews(), first, call);
    await logAnnouncer({ log }).announce(aNews({ phase: 'live', liveSha: aSha(1), tookMs: 41_000 }), second, call);
    assert.deepEqual(
      log.lines.map(({ event, fields }) => [event, fields['headline']]),
      [
        ['announcement.said', 'acme/shop #7 was noticed and is being built'],
        ['announcement.said', 'acme/shop #7 is live'],
      ],
    );
    assert.equal(log.lines[1]?.fields['tookMs'], 41_000);
  });

  it('warns of a failure', async () => {
    const log = silentLog();
    const failure = { step: 'build', message: 'npm ended with 1', lastLines: ['\u001b[31mboom'] };
    await logAnnouncer({ log }).announce(aNews({ phase: 'failed', failure }), undefined, call);
    assert.equal(log.lines[0]?.level, 'warn');
    assert.deepEqual(log.lines[0]?.fields['failure'], { ...failure, lastLines: ['boom'] });
  });

  it('says nothing of an environment that ended unannounced', async () => {
    const log = silentLog();
    const news = aNews({ phase: 'closed', worthAMessage: false });
    assert.deepEqual(await logAnnouncer({ log }).announce(news, undefined, call), {});
    assert.equal(log.lines.length, 0);
  });
});
