import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realPart } from './real-part.ts';

test('a missing real part is skipped by name, and fails where nothing may be missing', () => {
  const before = process.env['CI'];
  try {
    delete process.env['CI'];
    assert.equal(realPart('PostgreSQL is not installed', true), false);
    assert.equal(realPart('PostgreSQL is not installed', false), 'PostgreSQL is not installed');
    process.env['CI'] = 'true';
    assert.equal(realPart('PostgreSQL is not installed', true), false);
    assert.throws(() => realPart('PostgreSQL is not installed', false), /PostgreSQL is not installed/);
  } finally {
    if (before === undefined) delete process.env['CI'];
    else process.env['CI'] = before;
  }
});
