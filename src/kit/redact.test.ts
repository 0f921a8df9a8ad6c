import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRedactor, redactDeep } from './redact.ts';
import { Secret } from './secret.ts';

const hiding = (...secrets: string[]): ((text: string) => string) => {
  const redactor = createRedactor();
  for (const secret of secrets) redactor.add(new Secret(secret));
  return redactor.redact;
};

test('a secret is hidden wherever it stands', () => {
  assert.equal(hiding('hunter22')('the password is hunter22, not hunter2'), 'the password is [secret], not hunter2');
});

test('a secret is hidden when it is written for a URL, a form or JSON', () => {
  const hide = hiding('p@ss w/"rd"');
  for (const text of [encodeURIComponent('p@ss w/"rd"'), 'p%40ss+w%2F%22rd%22', JSON.stringify({ a: 'p@ss w/"rd"' })]) {
    assert.match(hide(text), /\[secret\]/);
    assert.doesNotMatch(hide(text), /ss.{1,3}w/);
  }
});

test('the base64 of a secret is hidden whatever stands before and after it', () => {
  const hide = hiding('correct-horse-battery');
  for (const before of ['', 'a', 'ab', 'abc', 'user:']) {
    for (const after of ['', '!', '!!', '!!!']) {
      const encoded = Buffer.from(`${before}correct-horse-battery${after}`).toString('base64');
      assert.match(hide(`Authorization: Basic ${encoded}`), /\[secret\]/, `${before}…${after}`);
      const left = Buffer.from(hide(encoded).replace('[secret]', ''), 'base64').toString();
      assert.doesNotMatch(left, /horse/);
    }
  }
});

test('a line of a key that stands alone is hidden', () => {
  const key = '-----BEGIN KEY-----\nMIIEowIBAAKCAQEAx1\n-----END KEY-----\n';
  assert.equal(hiding(key)('failed at MIIEowIBAAKCAQEAx1 here'), 'failed at [secret] here');
  assert.equal(hiding(key)('the header -----BEGIN KEY----- alone says nothing').includes('[secret]'), false);
});

test('a secret that contains another is hidden whole', () => {
  assert.equal(hiding('abcdef', 'abcdef-gh')('x abcdef-gh y'), 'x [secret] y');
});

test('a short word is not taken for a secret, and nothing is hidden without secrets', () => {
  assert.equal(hiding('live')('live'), 'live');
  assert.equal(hiding()('abc'), 'abc');
});

test('a secret of digits is hidden in texts and leaves numbers whole', () => {
  const value = { at: 1_123_456_000, list: ['app 123456', null, true], x123456: { deep: '123456' } };
  const expected = { at: 1_123_456_000, list: ['app [secret]', null, true], 'x[secret]': { deep: '[secret]' } };
  assert.deepEqual(redactDeep(value, hiding('123456')), expected);
});
