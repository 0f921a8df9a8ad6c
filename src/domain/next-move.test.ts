import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Move, nextMove } from './next-move.ts';
import type { Observation } from './observation.ts';

const drift = [{ field: 'port', want: '2', have: '1' }];
const seen = {
  absent: { is: 'absent' },
  arriving: { is: 'arriving', note: '', lookAgainMs: 1 },
  ready: { is: 'ready', facts: {}, drift: [] },
  different: { is: 'ready', facts: {}, drift },
  broken: { is: 'broken', note: '', remedy: 'try-again' },
  leaving: { is: 'leaving', note: '', lookAgainMs: 1 },
} as const satisfies Record<string, Observation>;

/** What is seen → to be there · to be there, where the driver has an update · to be gone. */
const table: Record<keyof typeof seen, readonly [Move, Move, Move]> = {
  absent: ['create', 'create', 'settled'],
  arriving: ['wait', 'wait', 'destroy'],
  ready: ['settled', 'settled', 'destroy'],
  different: ['destroy', 'update', 'destroy'],
  broken: ['destroy', 'destroy', 'destroy'],
  leaving: ['wait', 'wait', 'wait'],
};

for (const [name, [plain, updatable, gone]] of Object.entries(table)) {
  const what = seen[name as keyof typeof seen];
  test(`what is ${name} is met with ${plain}, with ${updatable} where it can be updated, and with ${gone} to be gone`, () => {
    assert.equal(nextMove('present', what, false), plain);
    assert.equal(nextMove('present', what, true), updatable);
    assert.deepEqual([nextMove('gone', what, true), nextMove('gone', what, false)], [gone, gone]);
  });
}
