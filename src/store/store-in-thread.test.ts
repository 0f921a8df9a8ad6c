import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { promptly } from '../../testing/conformance/settle.ts';
import { openEmbeddedStore } from './open-store.ts';

async function inFolder(work: (path: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-thread-'));
  try {
    await work(join(folder, 'wizard.db'));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** The next thread that is started, as soon as it is. */
const nextThread = async (): Promise<Worker> => (await once(process, 'worker'))[0];

test('a store whose thread ends while something is asked is lost: what waits is told, and the server stops', () =>
  inFolder(async (path) => {
    const started = nextThread();
    const store = await openEmbeddedStore(path);
    const thread = await started;
    const lost = assert.rejects(store.lost, { code: 'store/lost', remedy: 'fix-setup' });
    const ended = thread.terminate();
    await assert.rejects(promptly('asking', store.environments.list(), 10_000), { code: 'store/unavailable' });
    await ended;
    await promptly('losing', lost, 10_000);
    await promptly('closing', store.close(), 10_000);
    await (await openEmbeddedStore(path)).close();
  }));

test('a store that is closed is not lost', () =>
  inFolder(async (path) => {
    const store = await openEmbeddedStore(path);
    await store.close();
    const state = await Promise.race([store.lost.catch(() => 'lost'), new Promise((resolve) => setImmediate(resolve))]);
    assert.notEqual(state, 'lost');
  }));

test('a thread that ends before the store is open is an error, and leaves no lock behind', () =>
  inFolder(async (path) => {
    const started = nextThread();
    const opening = openEmbeddedStore(path);
    const refused = assert.rejects(promptly('opening', opening, 10_000), { code: 'store/unavailable' });
    await (await started).terminate();
    await refused;
    await (await openEmbeddedStore(path)).close();
  }));
