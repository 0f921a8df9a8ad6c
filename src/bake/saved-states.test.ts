import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import type { JsonObject } from '../domain/json.ts';
import type { RepositoryId } from '../domain/pull-request.ts';
import type { DatabaseRecipe } from '../domain/service-recipe.ts';
import { codeOf, WizardError } from '../domain/wizard-error.ts';
import type { SavedState, StateKeeper } from '../ports/saved-states.ts';
import { type OpenSavedStates, savedStates } from './saved-states.ts';

const id = 'shop-7' as EnvironmentId;
const db: DatabaseRecipe = {
  ...{ by: 'database', engine: 'mariadb', source: 'staging', serverVersion: '10.11', database: 'shop', user: 'shop' },
  ...{ memoryMb: 64, settings: {}, refresh: 'asked' },
};

/** Keeps what is said of states, and no data. `next`: what the next save does first. */
function memoryKeeper() {
  const states = new Map<string, SavedState>();
  const next: ((signal: AbortSignal) => Promise<void>)[] = [];
  const keeper: StateKeeper = {
    async save({ environment }, { name, from }, { signal }) {
      await next.shift()?.(signal);
      const about = { engine: 'mariadb', serverVersion: '10.11.6', source: 'staging', version: 'v1' } as const;
      const state = { name, ...about, masked: false, bytes: 1, savedAt: 1, stoodStillMs: 300, from };
      assert.equal(environment, from.environment);
      states.set(name, state);
      return state;
    },
    list: async () => [...states.values()],
    find: async (name) => states.get(name),
    remove: async (name) => void states.delete(name),
  };
  return { keeper, states, next };
}

interface World {
  readonly heart: MemoryHeart;
  readonly states: OpenSavedStates;
  readonly kept: ReturnType<typeof memoryKeeper>;
  /** What the database is asked to be now. */
  spec(service?: string): JsonObject | undefined;
  saved(name: string): Promise<void>;
}

async function withLive(act: (world: World) => Promise<void>, services: Record<string, DatabaseRecipe> = { db }) {
  const heart = await memoryHeart({ recipe: aRecipe({ services }) });
  const kept = memoryKeeper();
  const { store, running, clock, heart: inner } = heart;
  const states = savedStates({ keeper: kept.keeper, store, requests: running.requests, clock, log: inner.log });
  try {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await act({
      heart,
      states,
      kept,
      spec: (service = 'db') =>
        heart.world
          .things()
          .findLast(({ claim, goneAt }) => claim.role.startsWith(`${service}.`) && goneAt === undefined)?.spec,
      async saved(name) {
        await states.save(id, { name }, 'mira');
        while ((await states.find(name)).is === 'saving') await new Promise((resolve) => setImmediate(resolve));
      },
    });
  } finally {
    await states.close();
    await heart.close();
  }
}

async function codeWhen(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    return codeOf(error);
  }
  return 'none';
}

test('a saved state tells who saved what, and the timeline too', () =>
  withLive(async ({ states, heart, saved }) => {
    await saved('basket');
    const view = await states.find('basket');
    const sha = (await heart.store.environments.find(id))?.liveSha;
    assert.deepEqual(view.is === 'saved' && view.state.from, {
      ...{ by: 'mira', environment: id, service: 'db', pull: 'acme/shop#7' },
      sha,
    });
    assert.deepEqual(
      (await states.list()).map(({ name, is }) => [name, is]),
      [['basket', 'saved']],
    );
    const said = (await heart.store.timeline.list(id, { limit: 1000 })).map(({ message }) => message);
    assert.deepEqual(said.slice(-2), ['mira: save db as basket', 'db was saved as basket']);
  }));

test('load puts a database with the state in the place of the old one; reset-data goes back', () =>
  withLive(async ({ states, heart, saved, spec }) => {
    await saved('basket');
    await states.load(id, { name: 'basket' }, 'mira');
    await heart.reach('updating');
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.deepEqual([spec()?.['checkpoint'], spec()?.['version'], spec()?.['edition']], ['basket', 'v1', 0]);
    assert.equal(await codeWhen(states.forget('basket', 'mira')), 'data/saved-in-use');
    await heart.running.requests.resetData(id, 'mira');
    await heart.reach('updating');
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.deepEqual([spec()?.['checkpoint'], spec()?.['edition']], [undefined, 1]);
    await states.forget('basket', 'mira');
    assert.deepEqual(await states.list(), []);
  }));

test('what was loaded does not bind the environment when its pull request is opened again', () =>
  withLive(async ({ states, heart, saved, spec }) => {
    await saved('basket');
    await states.load(id, { name: 'basket' }, 'mira');
    await heart.reach('live');
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    assert.deepEqual((await states.list()).length, 1, 'the state outlives the environment');
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    assert.equal(spec()?.['checkpoint'], undefined);
    await states.forget('basket', 'mira');
  }));

test('a state of other data, and one for a fork that may hold something personal, are refused', () =>
  withLive(async ({ states, heart, kept, saved }) => {
    await saved('basket');
    const basket = kept.states.get('basket');
    assert.ok(basket);
    const others: Partial<SavedState>[] = [{ engine: 'postgres' }, { serverVersion: '10.6.2' }, { source: 'nightly' }];
    for (const over of others) {
      kept.states.set('basket', { ...basket, ...over });
      assert.equal(await codeWhen(states.load(id, { name: 'basket' }, 'mira')), 'data/cannot-load');
    }
    kept.states.set('basket', basket);
    const pull = aPullRequest({ headRepositoryId: '77' as RepositoryId });
    await heart.store.environments.update(id, { pull });
    assert.equal(await codeWhen(states.load(id, { name: 'basket' }, 'mira')), 'data/cannot-load');
    kept.states.set('basket', { ...basket, masked: true });
    assert.equal(await codeWhen(states.load(id, { name: 'basket' }, 'mira')), 'none');
  }));

test('names that are taken, unknown or not whole, and environments without a database, are refused', () =>
  withLive(async ({ states, kept, saved }) => {
    await saved('basket');
    assert.equal(await codeWhen(states.save(id, { name: 'basket' }, 'mira')), 'data/saved-taken');
    assert.equal(await codeWhen(states.load(id, { name: 'cart' }, 'mira')), 'request/unknown-saved-state');
    assert.equal(await codeWhen(states.forget('cart', 'mira')), 'request/unknown-saved-state');
    const nobody = 'shop-8' as EnvironmentId;
    assert.equal(await codeWhen(states.save(nobody, { name: 'cart' }, 'mira')), 'data/no-database');
    const other = { name: 'cart', service: 'other' };
    assert.equal(await codeWhen(states.save(id, other, 'mira')), 'data/which-database');
    const done = Promise.withResolvers<void>();
    kept.next.push(() => done.promise);
    await states.save(id, { name: 'slow' }, 'mira');
    for (const work of [states.load(id, { name: 'slow' }, 'mira'), states.save(id, { name: 'slow' }, 'mira')])
      assert.equal(await codeWhen(work), 'data/not-saved');
    assert.equal(await codeWhen(states.forget('slow', 'mira')), 'data/not-saved');
    done.resolve();
  }));

test('of several databases somebody says which, and the others keep their data', () =>
  withLive(
    async ({ states, heart, spec }) => {
      assert.equal(await codeWhen(states.save(id, { name: 'basket' }, 'mira')), 'data/which-database');
      await states.save(id, { name: 'basket', service: 'db' }, 'mira');
      const before = spec('stock');
      await states.load(id, { name: 'basket', service: 'db' }, 'mira');
      await heart.reach('updating');
      await heart.reach('live');
      assert.equal(spec()?.['checkpoint'], 'basket');
      assert.deepEqual(spec('stock'), before);
    },
    { db, stock: db },
  ));

test('a save that fails is told with its hint until the name is used or forgotten; a stop cuts it short', () =>
  withLive(async ({ states, kept, saved }) => {
    kept.next.push(() => {
      const about = { code: 'database/busy', remedy: 'try-again', hint: 'Wake it first.' } as const;
      return Promise.reject(new WizardError('it does not serve', about));
    });
    await saved('basket');
    const failed = await states.find('basket');
    assert.deepEqual(failed.is === 'failed' && [failed.code, failed.message, failed.hint], [
      'database/busy',
      'it does not serve',
      'Wake it first.',
    ]);
    await saved('basket');
    assert.deepEqual(
      (await states.list()).map(({ is }) => is),
      ['saved'],
    );
    kept.next.push(
      (signal) => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    );
    await states.save(id, { name: 'cut' }, 'mira');
    await states.close();
    const cut = await states.find('cut');
    assert.equal(cut.is === 'failed' && cut.code, 'data/closing');
  }));
