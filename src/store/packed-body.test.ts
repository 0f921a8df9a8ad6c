import assert from 'node:assert/strict';
import { test } from 'node:test';
import { packed, unpacked } from './packed-body.ts';

const bodies = {
  usual: Buffer.from(JSON.stringify({ action: 'opened', text: 'ä'.repeat(20_000) })),
  empty: Buffer.alloc(0),
  large: Buffer.from(`{"text":"${'x'.repeat(2 * 1024 * 1024)}"}`),
};

for (const [name, body] of Object.entries(bodies)) {
  test(`a body comes back as it was: ${name}`, () => {
    assert.ok(body.equals(unpacked(packed(body))));
  });
}

test('what is kept is a fraction, and what was kept before it was packed is read as it is', () => {
  assert.ok(packed(bodies.usual).byteLength < bodies.usual.byteLength / 8);
  assert.ok(bodies.usual.equals(unpacked(bodies.usual)));
});
