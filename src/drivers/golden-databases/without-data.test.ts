import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutData } from './without-data.ts';

test('what a server says of a row is told without the row', () => {
  const said = [
    ["ERROR 1062 (23000) at line 3: Duplicate entry 'mira@example.org' for key 'email'", "Duplicate entry '…'"],
    [
      "ERROR 1366 (22007): Incorrect integer value: 'mira@example.org' for column `a`.`b`",
      "Incorrect integer value: '…'",
    ],
    ["ERROR 1064 (42000) at line 1: … right syntax to use near ''mira@example.org')' at line 1", "near '…' at line 1"],
    ['DETAIL:  Key (email)=(mira@example.org) already exists.', 'Key (email)=(…)'],
    ['DETAIL:  Failing row contains (1, mira@example.org).', 'Failing row contains (…)'],
    ['CONTEXT:  COPY users, line 7, column id: "mira@example.org"', 'COPY users, line 7, column id: …'],
    ['ERROR:  invalid input syntax for type integer: "mira@example.org"', 'for type integer: …'],
  ] as const;
  for (const [line, kept] of said) {
    const told = withoutData(line);
    assert.ok(told.includes(kept), told);
    assert.doesNotMatch(told, /mira/);
  }
  const harmless = "ERROR 1146 (42S02) at line 1: Table 'app.nothing' doesn't exist";
  assert.equal(withoutData(harmless), harmless);
});
