import assert from 'node:assert/strict';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Secret } from '../kit/secret.ts';
import { findApiFile, writeApiFile } from './api-file.ts';

test('what the server writes is found again, and only its user may read it', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-api-file-'));
  context.after(() => rm(directory, { recursive: true }));
  const data = join(directory, 'data');
  assert.equal(await findApiFile(data), undefined);
  for (const token of ['first', 'second']) {
    await writeApiFile(data, { url: 'http://127.0.0.1:4700', token: new Secret(token) });
    assert.equal((await findApiFile(data))?.token.reveal(), token);
  }
  assert.equal((await stat(join(data, 'api.json'))).mode & 0o777, 0o600);
});

test('a broken file is refused with its path, and without what stands in it', async (context) => {
  const directory = await mkdtemp(join(tmpdir(), 'wizard-api-file-'));
  context.after(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'api.json'), '{"token":"canary-4711"');
  await assert.rejects(findApiFile(directory), (error: Error) => {
    assert.match(error.message, /api\.json/);
    assert.doesNotMatch(String(error.cause), /canary/);
    return true;
  });
});
