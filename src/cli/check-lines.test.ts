import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testTerminal } from '../../testing/test-terminal.ts';
import { printChecks } from './check-lines.ts';

test('what is right, what lacks and what is wrong are told apart, and only the last is an error', () => {
  const { terminal, seen } = testTerminal({});
  const right = { what: 'disk', ok: true, message: '20 GB are free' };
  const lacks = { what: 'database servers', ok: true, lacks: true, message: 'none', hint: 'Install one.' } as const;
  printChecks([right, lacks], false, terminal);
  const wrong = { what: 'git', ok: false, message: '1.0' };
  assert.throws(() => printChecks([wrong], false, terminal), { code: 'cli/check-failed' });
  const shown = [
    '✔ fine   disk: 20 GB are free',
    '– lacks  database servers: none',
    '          Install one.',
    '✘ wrong  git: 1.0',
  ];
  assert.equal(seen.out, shown.map((line) => `${line}\n`).join(''));
});
