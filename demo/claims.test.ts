import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './browse.ts';
import { type Claim, outcome, teller } from './claims.ts';
import { processesOf } from './left-behind.ts';
import { checkLivePages, type Page } from './live-pages.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('the demo says what is not true, ends with 1, and takes that away too', { timeout: 60_000 }, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-demo-test-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const demo = spawn(process.execPath, [main, '--once', '--json'], { env: { ...process.env, TMPDIR: folder } });
  context.after(() => demo.kill());
  const printed = text(demo.stdout);
  const instance = await until('the settings of the demo', 20_000, async () => {
    const [ground = ''] = (await readdir(folder)).filter((name) => name.startsWith('shining-wizard-demo-'));
    const settings = await readFile(join(folder, ground, 'wizard.yml'), 'utf8').catch(() => '');
    return /^instance: (\w+)$/m.exec(settings)?.[1];
  });
  // Somebody's process that bears the mark of this server, and that the server cannot know to be one of its own.
  const stranger = spawn('sleep', ['100'], { env: { ...process.env, WIZARD_INSTANCE: instance } });
  context.after(() => stranger.kill('SIGKILL'));
  const [[code], [, signal]] = await Promise.all([once(demo, 'close'), once(stranger, 'close')]);
  const lines = (await printed).trim().split('\n');
  assert.equal(code, 1);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('Not true: ')),
    [`Not true: no process is left (${stranger.pid} sleep 100)`],
  );
  const said: { ok: boolean; failure: unknown; claims: Claim[] } = JSON.parse(lines.at(-1) ?? '');
  assert.deepEqual([said.ok, said.failure], [false, null]);
  assert.deepEqual(
    said.claims.filter(({ holds }) => !holds).map(({ claim }) => claim),
    ['no process is left'],
  );
  assert.equal(signal, 'SIGKILL');
  assert.deepEqual([await processesOf(instance), await readdir(folder)], [[], []]);
});

test('a story that stopped, or that claimed nothing, is no success', () => {
  const tell = teller(() => undefined);
  assert.equal(outcome(tell, undefined).exitCode, 1);
  tell.check('it is so', true, 'seen');
  assert.deepEqual(outcome(tell, undefined).lines, ['All 1 claims hold.']);
  const stopped = outcome(tell, 'socket hang up');
  assert.deepEqual([stopped.exitCode, stopped.lines], [1, ['The demo stopped: socket hang up']]);
});

const steps = (...states: string[]): string =>
  `<ol class="steps">${states.map((one) => `<li class="${one}">`).join('')}</ol>`;
const aPage = (list: string, changed: Partial<Page> = {}): Page => ({
  status: 503,
  headers: { 'content-type': 'text/html; charset=utf-8' },
  body: `<!doctype html><h1>Getting ready</h1>${list}`,
  afterMs: 40,
  ...changed,
});
const asTheyGo = [aPage(''), aPage(steps('working', 'waiting')), aPage(steps('done', 'working'))];

const judged: { because: string; pages: Page[]; hold: [boolean, boolean] }[] = [
  { because: 'all is as it should be', pages: asTheyGo, hold: [true, true] },
  { because: 'nothing was shown before the application', pages: [], hold: [false, false] },
  {
    because: 'the first page came late',
    pages: asTheyGo.map((page) => ({ ...page, afterMs: 5000 })),
    hold: [false, true],
  },
  { because: 'no step was ever shown', pages: [aPage(''), aPage('')], hold: [true, false] },
  { because: 'the steps stood still', pages: [aPage(steps('working')), aPage(steps('working'))], hold: [true, false] },
  { because: 'an error came in between', pages: [...asTheyGo, aPage('', { status: 502 })], hold: [true, false] },
  {
    because: 'it was for programs',
    pages: [aPage('', { headers: { 'content-type': 'application/json' } })],
    hold: [false, false],
  },
];
for (const { because, pages, hold } of judged) {
  test(`the claims about the live page: ${because}`, () => {
    const tell = teller(() => undefined);
    checkLivePages(tell, pages);
    assert.deepEqual(
      tell.claims.map(({ holds }) => holds),
      hold,
    );
  });
}
