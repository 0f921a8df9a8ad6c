import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { type ApiWorldOptions, createApiWorld, token, viewOf } from './api-world.ts';
import type { Ran } from './run-wizard.ts';
import { serveWorld } from './served-world.ts';
import { wizardHere } from './wizard-here.ts';

/** A server with two environments, and the command line set up to reach it. */
export async function cliWorld(context: TestContext, more: ApiWorldOptions = {}) {
  const { world, url, close, dropConnections } = await serveWorld(context, createApiWorld(more));
  world.put(viewOf('shop-7'));
  world.put(viewOf('blog-12', { environment: { phase: 'failed', liveSha: undefined } }));
  const env = { WIZARD_SERVER: url, WIZARD_TOKEN: token };
  return {
    world,
    url,
    close,
    dropConnections,
    env,
    wizard: (...words: string[]): Promise<Ran> => wizardHere(words, { env }).ended,
  };
}

/** Waits for what has no event, without guessing how long it takes. */
export async function eventually(holds: () => boolean): Promise<void> {
  for (let turn = 0; turn < 1500 && !holds(); turn++) await new Promise((done) => setTimeout(done, 10));
  assert.ok(holds());
}
