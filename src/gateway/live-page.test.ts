import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aSha } from '../../testing/builders.ts';
import { aStep, aView } from '../../testing/gateway-world.ts';
import type { EnvironmentView } from '../ports/requests.ts';
import { livePage } from './live-page.ts';
import { workingStep } from './live-page-parts.ts';
import { inWords, stepTitle } from './live-words.ts';
import { lastLinesOf, plainLog } from './plain-log.ts';

const pageOf = (view: EnvironmentView | undefined, log: readonly string[] = []): string =>
  livePage({ view, log, isServing: false, now: 60_000, nonce: 'N0nce', givesWay: true, sentInVain: false, search: '' });

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  `' onmouseover='alert(1)`,
  '</pre></style></script><svg/onload=alert(1)>',
  '</title><script>alert(1)</script>',
  '<!--<script>',
  '&lt;script&gt;',
  '$' + '{alert(1)} {{7*7}}',
  'javascript:alert(1)',
  '\u202Egnp.exe\u2066',
  '\u0000<\u0000script>',
  '\u001b[31m<b>red</b>',
  '\u2028alert(1)\u2029',
  '<a href="javascript:alert(1)">x</a>',
  '<meta http-equiv="refresh" content="0;url=//evil">',
  'x'.repeat(100_000),
];

/** All texts that may come from a pull request or from its code are set to `text`. */
const filledWith = (text: string, phase: 'building' | 'failed' | 'waiting' | 'closed'): EnvironmentView =>
  aView({
    news: {
      phase,
      title: text,
      author: text,
      because: text,
      pullUrl: text,
      headSha: text,
      liveSha: `${text}.`,
      repository: { id: text as never, name: text },
      urls: [{ endpoint: text, url: text }],
      failure: { step: text, message: text, hint: text, lastLines: [text, text] },
      migrations: [{ database: text, tookMs: 1, changes: [text], slow: [{ sql: text, ms: 1 }] }],
    },
    steps: [
      aStep({ name: text, kind: text, note: text, state: 'working', startedAt: 0 }),
      aStep({ name: `build-${text}`, kind: 'command', note: text, state: 'failed', lastLines: [text] }),
    ],
    remainingMs: 5_000,
  });

/** The page without its own script and style, and with only its tags left. */
const tagsOf = (page: string): string[] => {
  const own = page.replace(/<(script|style) nonce="N0nce">[\s\S]*?<\/\1>/g, '');
  return [...own.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
};

describe('the live page', () => {
  for (const text of hostile) {
    it(`shows ${JSON.stringify(text.slice(0, 50))} as text and nothing else`, () => {
      for (const phase of ['building', 'failed', 'waiting', 'closed'] as const) {
        const page = pageOf(filledWith(text, phase), [text]);
        const harmless = tagsOf(pageOf(filledWith('harmless', phase), ['harmless']));
        const shape = (tag: string): string => tag.replace(/"[^"]*"/g, '""');
        // The very same tags and attributes as with harmless text: nothing was opened, closed or added.
        assert.deepEqual(tagsOf(page).map(shape), harmless.map(shape));
        assert.doesNotMatch(page, /href="javascript:/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: it looks for them
        assert.doesNotMatch(page, /[\u0000\u001b\u202e\u2066\u2028]/);
      }
    });
  }

  it('says what is built, of whom, which commit, and how long it will take', () => {
    const page = pageOf(
      aView({
        news: { title: 'Add a cart', author: 'mira', number: 7, headSha: aSha(0xab) },
        steps: [
          aStep({ name: 'checkout', kind: 'checkout', state: 'done', tookMs: 900 }),
          aStep({ name: 'build-assets', kind: 'command', state: 'working', startedAt: 56_000, usualMs: 16_000 }),
          aStep({ name: 'web', state: 'waiting' }),
        ],
        remainingMs: 12_000,
      }),
    );
    const said = ['Getting ready', '#7', 'Add a cart', 'mira', 'abababa', 'About 12 s left', 'Fetch the code', '0.9 s'];
    for (const text of [...said, 'Build: assets', '4.0 s', 'usually 16 s', 'Start web', 'value="29"']) {
      assert.ok(page.includes(text), text);
    }
  });

  it('shows of a failure the step, the message, what helps and the last lines', () => {
    const page = pageOf(
      aView({
        news: {
          phase: 'failed',
          failure: {
            step: 'build-assets',
            message: 'npm ended with 1',
            hint: 'Run npm ci yourself.',
            lastLines: ['\u001b[31mnpm ERR!\u001b[0m missing', 'bye'],
          },
        },
        steps: [aStep({ name: 'build-assets', kind: 'command', state: 'failed' })],
      }),
    );
    for (const text of [
      'could not be started',
      'Build: assets',
      'npm ended with 1',
      'Run npm ci',
      'npm ERR! missing\nbye',
    ]) {
      assert.ok(page.includes(text), text);
    }
  });

  it('says what it waits for', () => {
    const page = pageOf(aView({ news: { phase: 'waiting', because: 'waiting for approval by a member' } }));
    assert.ok(page.includes('Not started yet') && page.includes('Waiting for approval by a member.'));
  });

  it('comes also when nothing is known yet', () => {
    assert.ok(pageOf(undefined).includes('Getting ready'));
  });

  it('asks again by itself without a script, and fetches nothing from elsewhere', () => {
    const page = pageOf(aView());
    assert.ok(page.includes('<noscript><meta http-equiv="refresh" content="2"></noscript>'));
    assert.deepEqual(
      [...page.matchAll(/(?:src|href)="(?!data:)([^"]*)"/g)].map(([, url]) => url),
      ['https://code.example/acme/shop/pull/7'],
    );
  });
});

describe('words of the live page', () => {
  const lengths: [number, string][] = [
    [-5, '0.0 s'],
    [420, '0.4 s'],
    [9_960, '10 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_780_000, '1 h 3 min'],
  ];
  for (const [ms, text] of lengths) it(`calls ${ms} ms ${text}`, () => assert.equal(inWords(ms), text));

  it('says what room a database takes', () => {
    const page = pageOf(
      aView({ steps: [aStep({ name: 'db', kind: 'database', state: 'done', diskBytes: 13 * 1024 ** 2 })] }),
    );
    assert.match(page, /<bdi>[^<]*<\/bdi><span class="note">takes 13\.0 MB of disk<\/span>/);
  });

  it('names the steps of a machine for people', () => {
    const kinds = {
      machine: 'ec2',
      ssh: 'ssh',
      services: 'machine-services',
      checkout: 'checkout',
      playbooks: 'checkout',
      configure: 'ansible',
      deploy: 'capistrano',
      health: 'http-check',
      route: 'route',
      dns: 'route53',
    };
    assert.deepEqual(
      Object.entries(kinds).map(([name, kind]) => stepTitle({ name, kind })),
      [
        'Start the machine',
        'Sign in to the machine',
        'Start databases and caches',
        'Fetch the code',
        'Fetch the playbooks',
        'Configure the machine',
        'Deploy the code',
        'See that it answers',
        'Open to visitors',
        'Register the addresses',
      ],
    );
  });

  it('shows the log of a step that has one, not of one that only waits', () => {
    const working = (name: string, kind: string) => aStep({ name, role: name, kind, state: 'working', startedAt: 0 });
    const steps = [working('machine', 'ec2'), working('checkout', 'checkout'), working('dns', 'route53')];
    assert.equal(workingStep(aView({ steps }))?.name, 'checkout');
    assert.equal(workingStep(aView({ steps: steps.slice(2) }))?.name, 'dns');
  });

  it('does not send people to push a commit when it is the operator who has to do something', () => {
    const failed = (remedy: 'fix-setup' | 'change-input') =>
      pageOf(aView({ news: { phase: 'failed', failure: { step: 'machine', message: 'x', lastLines: [], remedy } } }));
    assert.match(failed('fix-setup'), /tried again by itself now and then/);
    assert.match(failed('change-input'), /tried again by itself when a new commit is pushed/);
  });

  it('tells what migrations changed, and nothing when nothing did', () => {
    const slow = [{ sql: 'ALTER TABLE orders ADD a INT', ms: 38_000, rows: 2_100_000 }];
    const page = pageOf(
      aView({ news: { migrations: [{ database: 'db', tookMs: 41_000, changes: ['a <b>'], slow }] } }),
    );
    assert.match(page, /<h2>Migrations of db, 41 s<\/h2><ul><li><bdi>a &lt;b&gt;<\/bdi><\/li>/);
    assert.match(page, /38 s, 2\.1 million rows<\/span><code>ALTER TABLE orders/);
    assert.doesNotMatch(pageOf(aView()), /Migrations/);
  });

  it('says where the machine is, when there is one', () => {
    assert.match(pageOf(aView({ news: { address: '203.0.113.5' } })), /machine <code>203\.0\.113\.5<\/code>/);
    assert.doesNotMatch(pageOf(aView()), /machine <code>/);
  });

  it('names steps for people, and leaves a name alone that it does not know', () => {
    assert.equal(stepTitle({ name: 'build-install', kind: 'command' }), 'Build: install');
    assert.equal(stepTitle({ name: 'release-migrate', kind: 'command' }), 'Prepare: migrate');
    assert.equal(stepTitle({ name: 'machine', kind: 'of-tomorrow' }), 'machine');
  });
});

describe('a log in plain text', () => {
  it('has no colours, links or titles of terminals', () => {
    assert.equal(
      plainLog('\u001b[1;31mred\u001b[0m \u001b]8;;http://x\u0007link\u001b]8;;\u0007 \u001b]0;title\u0007end'),
      'red link end',
    );
  });
  it('shows each line as it was last overwritten', () => {
    assert.equal(plainLog('10 %\r50 %\r100 %\r\nnext\r\n'), '100 %\nnext\n');
  });
  it('ends with the last lines that say anything', () => {
    assert.deepEqual(lastLinesOf('a\nb\n\nc\n\n \n', 2), ['', 'c']);
    assert.deepEqual(lastLinesOf('', 3), []);
  });
});
