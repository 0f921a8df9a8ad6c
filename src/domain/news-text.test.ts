import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { aNews, aSha } from '../../testing/builders.ts';
import { durationText } from './duration-text.ts';
import type { Phase } from './environment.ts';
import { headline, newsText, receiptSentence } from './news-text.ts';
import { lastLinesOf, oneLine, plainText } from './plain-text.ts';

describe('news as sentences', () => {
  it('has a headline for every phase', () => {
    const failure = { step: 'build', message: 'npm ended with 1', lastLines: [] };
    const phases: Phase[] = ['waiting', 'building', 'live', 'updating', 'failed', 'closing', 'closed'];
    assert.deepEqual(
      phases.map((phase) => headline(newsText(aNews({ phase, failure })))),
      [
        'acme/shop #7 was noticed and waits',
        'acme/shop #7 was noticed and is being built',
        'acme/shop #7 is live',
        'acme/shop #7 is being updated to 0101010',
        'acme/shop #7 failed in build',
        'acme/shop #7 is being taken away',
        'acme/shop #7 is gone',
      ],
    );
  });

  it('says that the addresses show how far it is only where they do', () => {
    const shown = newsText(aNews({ phase: 'building', headSha: aSha(2) })).details;
    assert.deepEqual(shown, ['Building commit 0202020. The addresses already show how far it is.']);
    const alone = newsText(aNews({ phase: 'building', headSha: aSha(2), urlsShowProgress: false })).details;
    assert.deepEqual(alone, ['Building commit 0202020.']);
  });

  it('says which commit serves and how long it took', () => {
    const text = newsText(aNews({ phase: 'live', headSha: aSha(2), liveSha: aSha(1), tookMs: 41_000 }));
    assert.deepEqual(text.details, ['Commit 0101010 serves, took 41 s.']);
  });

  it('says that the old commit still serves when the new one failed', () => {
    const text = newsText(aNews({ phase: 'failed', headSha: aSha(2), liveSha: aSha(1), because: 'no' }));
    assert.deepEqual(text.details, ['No.', 'Commit 0202020 could not be made live.', 'Commit 0101010 still serves.']);
  });

  it('says which commit waits for an approval beside the one that was approved', () => {
    const news = aNews({ phase: 'live', headSha: aSha(1), liveSha: aSha(1), awaitsApproval: aSha(2) });
    const waits = 'Commit 0202020 is newer, and is not built before a member approves it.';
    assert.deepEqual(newsText(news).details, ['Commit 0101010 serves.', waits]);
    assert.ok(newsText({ ...news, phase: 'failed' }).details.includes(waits));
    assert.ok(!newsText({ ...news, phase: 'closing' }).details.includes(waits));
  });

  it('gives the reason for waiting as a sentence', () => {
    const text = newsText(aNews({ phase: 'waiting', because: 'waiting for approval by a member' }));
    assert.equal(text.details[0], 'Waiting for approval by a member.');
  });

  it('proves the end with the receipt and shows no address that leads nowhere', () => {
    const resource = { role: 'web', kind: 'process', madeAt: 0, goneAt: 1 };
    const receipt = { openedAt: 0, closedAt: 11_520_000, resources: Array.from({ length: 12 }, () => resource) };
    const text = newsText(aNews({ phase: 'closed', receipt, address: '203.0.113.7' }));
    assert.deepEqual(text.details, ['12 resources destroyed and seen gone, it lived 3 h 12 min.']);
    assert.deepEqual(text.links, []);
    assert.equal(text.address, undefined);
  });

  it('says so when nothing had been made', () => {
    assert.match(receiptSentence({ openedAt: 0, closedAt: 0, resources: [] }), /^Nothing had been made/);
  });

  it('does not show a failure that is over', () => {
    const failure = { step: 'build', message: 'no', lastLines: ['x'] };
    assert.equal(newsText(aNews({ phase: 'live', failure })).failure, undefined);
  });
});

describe('hostile text made plain', () => {
  it('loses what a screen would obey, and keeps what it would show', () => {
    assert.equal(plainText('\u001b[1;31mred\u001b[0m \u001b]0;title\u0007a\u0000b\u202ec'), 'red abc');
    assert.equal(plainText('Größe 日本 👩‍💻\tok\r\n'), 'Größe 日本 👩‍💻\tok\n');
  });

  it('is one bounded line, never cut within a character', () => {
    assert.equal(oneLine(' a\n\n b ', 10), 'a b');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 20 }), (text, limit) => {
        const line = oneLine(text, limit);
        return line.length <= limit && line.isWellFormed() && !line.includes('\n');
      }),
    );
  });

  it('keeps the newest lines, at most twenty', () => {
    const lines = lastLinesOf(Array.from({ length: 50 }, (_, n) => `line ${n}`));
    assert.equal(lines.length, 20);
    assert.equal(lines.at(-1), 'line 49');
  });

  it('keeps lines within their limits, all together too', () => {
    const lines = lastLinesOf(Array.from({ length: 50 }, () => 'x'.repeat(5000)));
    assert.ok(lines.every((line) => line.length <= 300));
    assert.ok(lines.join('\n').length <= 2000);
  });

  it('shows of a progress bar its last state', () => {
    assert.deepEqual(lastLinesOf(['10 %\r50 %\r100 %\r']), ['100 %']);
  });
});

describe('a length of time for people', () => {
  const cases: readonly (readonly [number, string])[] = [
    [-5, '0.0 s'],
    [400, '0.4 s'],
    [9_940, '9.9 s'],
    [9_960, '10 s'],
    [41_200, '41 s'],
    [59_600, '1 min'],
    [185_000, '3 min 5 s'],
    [3_599_700, '1 h'],
    [11_520_000, '3 h 12 min'],
    [86_400_000, '1 day'],
    [187_200_000, '2 days 4 h'],
  ];
  for (const [ms, text] of cases) it(`${ms} ms is ${text}`, () => assert.equal(durationText(ms), text));
});
