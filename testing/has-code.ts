import assert from 'node:assert/strict';
import { codeOf } from '../src/domain/wizard-error.ts';

/** For `assert.rejects`: the error bears this code. */
export const hasCode =
  (expected: string) =>
  (error: unknown): true => {
    assert.equal(codeOf(error), expected, String(error));
    return true;
  };
