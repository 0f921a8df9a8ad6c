import assert from 'node:assert/strict';
import { test } from 'node:test';
import { outcome, teller } from './claims.ts';
import { checkLivePages, type Page } from './live-pages.ts';

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
