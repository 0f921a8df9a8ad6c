import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stepOf, token, viewOf } from '../../testing/api-world.ts';
import { serveWorld } from '../../testing/served-world.ts';
import { testTerminal } from '../../testing/test-terminal.ts';
import { paintWith } from './paint.ts';
import { run } from './run.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { fitText, textWidth } from './text-width.ts';

/** A terminal with a person before it, who answers as told. */
function personAt(url: string, answers: string[] = []) {
  const { terminal, seen } = testTerminal({
    columns: 60,
    paint: paintWith(true),
    paintErr: paintWith(true),
    env: { WIZARD_SERVER: url, WIZARD_TOKEN: token },
    ask: async (question) => {
      seen.err += question;
      return answers.shift() ?? '';
    },
  });
  return { terminal, seen };
}

const gone = {
  requested: 2,
  observed: 2,
  phase: 'waiting',
  phaseSince: 1_700_000_500_000,
  liveSha: undefined,
} as const;

test('a person is asked before an environment is destroyed, with its whole id, and may say no', async (context) => {
  const { world, url } = await serveWorld(context);
  world.put(viewOf('shop-7'));
  const { terminal, seen } = personAt(url, ['', 'no', 'yes']);
  for (const _ of ['nothing', 'no']) {
    assert.equal(await run(['destroy', 'sho'], '0', terminal), 2);
    assert.deepEqual(world.asked, []);
  }
  assert.match(seen.err, /Take shop-7 away/);
  world.hooks.onRequest = () => world.put(viewOf('shop-7', { environment: gone, steps: [] }));
  assert.equal(await run(['destroy', 'sho'], '0', terminal), 0);
  assert.equal(world.asked.length, 1);
});

test('a person sees a line that moves, and finds the terminal as it was', async (context) => {
  const { world, url } = await serveWorld(context);
  const building = { requested: 2, observed: 2, phase: 'updating', phaseSince: 1_700_000_500_000 } as const;
  world.put(viewOf('shop-7'));
  const { terminal, seen } = personAt(url);
  world.hooks.onRequest = () => {
    world.put(
      viewOf('shop-7', { environment: building, steps: [stepOf('build', { state: 'working' })], remainingMs: 20_000 }),
    );
    setTimeout(
      () => world.put(viewOf('shop-7', { environment: { ...building, phase: 'live' }, steps: [stepOf('build')] })),
      400,
    );
  };
  assert.equal(await run(['redeploy', 'shop-7'], '0', terminal), 0);
  assert.match(seen.err, /Making live shop-7: build, about 20 s left \(0\.\d s\)/);
  assert.ok(seen.err.includes('\u001b[?25l'), 'the cursor is hidden');
  assert.ok(seen.err.lastIndexOf('\u001b[?25h') > seen.err.lastIndexOf('\u001b[?25l'), 'and shown again');
  for (const drawn of seen.err.split(/[\r\n]/)) assert.ok(textWidth(plain(drawn)) <= 60, drawn);
  assert.match(plain(seen.out), /✔ shop-7 is live\./);
});

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are what is taken out.
const plain = (text: string): string => text.replace(/\u001b\[[?\d;]*[a-zA-Z]/g, '');

test('wide signs count as two columns, and what is cut ends in one that fits', () => {
  assert.equal(textWidth('abc'), 3);
  assert.equal(textWidth('你好'), 4);
  assert.equal(textWidth('e\u0301'), 1);
  assert.equal(textWidth('👩‍🚀'), 2);
  assert.equal(fitText('你好吗', 4), '你…');
  assert.equal(fitText('abcdef', 4), 'abc…');
});

test('a table cuts the column that gives, and leaves it out when nothing of it would fit', () => {
  const rows = [{ id: 'shop-7', title: 'a title that is rather long' }];
  const columns = [
    { title: 'ID', text: (row: { id: string }) => row.id },
    { title: 'TITLE', text: (row: { title: string }) => row.title, gives: true },
  ];
  const paint = paintWith(false);
  assert.equal(table(rows, columns, { columns: 24, paint }), 'ID      TITLE\nshop-7  a title that is…\n');
  assert.equal(table(rows, columns, { columns: 12, paint }), 'ID\nshop-7\n');
});

test('what goes wrong while stopping is said, and not taken for Ctrl-C', async (context) => {
  const { url } = await serveWorld(context);
  for (const { error, code, said } of [
    { error: new Error('the disk is full'), code: 1, said: /disk is full/ },
    { error: undefined, code: 130, said: /Stopped/ },
  ]) {
    const { terminal, seen } = personAt(url);
    const stop = new AbortController();
    const ending: Terminal = {
      ...terminal,
      signal: stop.signal,
      out: () => {
        stop.abort(new Error('Ctrl-C'));
        throw error ?? stop.signal.reason;
      },
    };
    assert.equal(await run(['list', '--quiet'], '0', ending), code);
    assert.match(seen.err, said);
  }
});
