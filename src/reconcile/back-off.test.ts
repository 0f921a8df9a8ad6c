import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backOffMs } from './back-off.ts';

test('the back-off doubles from half a second to five minutes, and is spread by a quarter to each side', () => {
  assert.deepEqual(
    [1, 2, 3, 10, 11, 1e9].map((failures) => backOffMs(failures, 0.5)),
    [500, 1000, 2000, 256_000, 300_000, 300_000],
  );
  assert.equal(backOffMs(0, 0.5), 500);
  assert.deepEqual([backOffMs(1, 0), backOffMs(1, 1)], [375, 625]);
});
