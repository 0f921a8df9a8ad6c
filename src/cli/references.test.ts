import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { references } from '../../testing/references.ts';

const root = new URL('../../', import.meta.url);

for (const [path, text] of Object.entries(await references(root))) {
  test(`${path} says what the program does (else: node scripts/write-references.ts)`, async () => {
    assert.equal(await readFile(new URL(path, root), 'utf8'), text);
  });
}
