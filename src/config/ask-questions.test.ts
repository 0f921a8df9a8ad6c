import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { stripVTControlCharacters } from 'node:util';
import { askQuestions } from './ask-questions.ts';
import { defaultAnswers } from './starting-file.ts';

/** A terminal whose user answers each question as soon as it is on the screen. */
function terminal(answers: readonly (readonly [question: string, keys: string])[]) {
  const input = new PassThrough();
  const output = new PassThrough();
  const left = [...answers];
  let shown = '';
  output.on('data', (piece: Buffer) => {
    shown += stripVTControlCharacters(piece.toString());
    const next = left[0];
    if (!next || !shown.includes(next[0])) return;
    left.shift();
    shown = '';
    setImmediate(() => input.write(next[1]));
  });
  return { input, output, left };
}

const enter = '\r';

test('the operator is asked, and Enter takes what is proposed', async () => {
  const screen = terminal([
    ['Where are the pull requests', enter],
    ['How does the server sign in', enter],
    ['Which repository', `acme/shop${enter}`],
    ['What shall host names end with', enter],
    ['What builds', enter],
    ['What starts', enter],
    ['Which Slack channel', enter],
  ]);
  assert.deepEqual(await askQuestions({}, screen), { ...defaultAnswers, repository: 'acme/shop' });
  assert.deepEqual(screen.left, []);
});

test('giving up is an error that says so', async () => {
  const screen = terminal([['Where are the pull requests', '\u0003']]);
  await assert.rejects(askQuestions({}, screen), { code: 'config/cancelled' });
});
