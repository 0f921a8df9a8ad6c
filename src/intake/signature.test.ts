import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Secret } from '../kit/secret.ts';
import { isSigned } from './signature.ts';

const published = {
  secret: new Secret("It's a Secret to Everybody"),
  body: new TextEncoder().encode('Hello, World!'),
  header: 'sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17',
};

test('the example that GitHub publishes is signed, and one changed byte is not', () => {
  const { secret, body, header } = published;
  assert.equal(isSigned(body, header, secret), true);
  assert.equal(isSigned(new TextEncoder().encode('Hello, World?'), header, secret), false);
  assert.equal(isSigned(body, header, new Secret('another')), false);
  assert.equal(isSigned(body, undefined, secret), false);
  assert.equal(isSigned(body, `${header}\n`, secret), false);
});
