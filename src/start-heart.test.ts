import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRecipe, aRepository, aSha } from '../testing/builders.ts';
import { aDelivery } from '../testing/conformance/store-laws.ts';
import { type MemoryHeart, type MemoryHeartOptions, memoryHeart } from '../testing/memory-heart.ts';
import type { EnvironmentId } from './domain/claim.ts';
import { WizardError } from './domain/wizard-error.ts';

const id = 'shop-7' as EnvironmentId;
const withData = aRecipe({ data: { source: 'staging' } });

async function story(options: MemoryHeartOptions, tell: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart({ recipe: withData, ...options });
  try {
    await tell(heart);
  } finally {
    await heart.close();
  }
}

const liveRevisions = (heart: MemoryHeart): unknown[] =>
  heart.world
    .things()
    .filter(({ kind, goneAt }) => kind === 'route' && goneAt === undefined)
    .map(({ facts }) => facts['revision']);

test('an opened pull request becomes live at its head commit, with each resource once', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data', 'route', 'web']);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    assert.equal((await heart.store.environments.find(id))?.liveSha, aSha(1));
  }));

test('a lost webhook only changes how soon', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.reach('live');
    heart.host.close(aRepository.id, 7);
    await heart.reach('closed');
    assert.deepEqual(heart.roles(), []);
  }));

test('when a process ends, what it stands on is looked at with it, and long before its own turn', () => {
  const looks: string[] = [];
  const decorate: MemoryHeartOptions['decorate'] = (driver) => ({
    ...driver,
    observe: (claim, spec, call) => {
      looks.push(driver.kind);
      return driver.observe(claim, spec, call);
    },
  });
  return story({ decorate }, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.clock.advance(1000);
    const web = heart.world.things().find(({ kind }) => kind === 'process');
    assert.ok(web);
    looks.length = 0;
    await heart.clock.advance(5000);
    assert.deepEqual(looks, []);
    heart.world.breakDown('process', web.claim, { note: 'it ended', remedy: 'try-again' });
    await heart.clock.advance(10);
    assert.deepEqual([...new Set(looks)].sort(), ['checkout', 'command', 'data-files', 'process', 'route']);
  });
});

test('data that is baked for the first time is waited for in sight, and nothing else must happen then', () => {
  let baked = false;
  const data: MemoryHeartOptions['data'] = async () => {
    if (baked) return { version: 'v2', masked: false };
    const about = { code: 'data/baking', remedy: 'try-again', afterMs: 15_000 } as const;
    throw new WizardError('the data of staging is baked for the first time', about);
  };
  return story({ data }, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('building');
    await heart.clock.advance(60_000);
    const { phase, because } = (await heart.store.environments.find(id)) ?? {};
    assert.deepEqual(
      { phase, because },
      { phase: 'building', because: 'the data of staging is baked for the first time' },
    );
    assert.deepEqual(heart.roles(), []);
    baked = true;
    await heart.clock.advance(16_000);
    await heart.reach('live');
  });
});

test('data and checkout are made side by side', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    const made = Object.fromEntries(
      heart.world.history
        .filter(({ what }) => what === 'create')
        .map(({ claim, at }) => [claim.role.split('.')[0], at]),
    );
    assert.equal(made['data'], made['checkout']);
  }));

test('a push is made beside what serves, which goes only after the route has moved', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.reach('updating');
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data', 'route', 'web']);
    const moved = heart.world.history.findIndex(({ what, kind }) => what === 'update' && kind === 'route');
    const stopped = heart.world.history.findIndex(({ what, kind }) => what === 'destroy' && kind === 'process');
    assert.ok(moved >= 0 && moved < stopped, 'the old process stops after the route has moved');
    assert.equal(heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'data-files').length, 1);
  }));

test('a push during a build aborts the build of the older commit within 100 ms of the read, and not before', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.clock.runUntil(() => heart.roles().includes('build-install'), 60_000);
    const { findPullRequest } = heart.host;
    heart.host.findPullRequest = async (...asked) => {
      await new Promise<void>((resolve) => heart.clock.after(700, resolve));
      return findPullRequest(...asked);
    };
    heart.host.push(aRepository.id, 7, aSha(2));
    const pushedAt = heart.clock.monotonic();
    await heart.poke();
    await heart.clock.runUntil(
      () => heart.world.history.some(({ what, kind }) => what === 'destroy' && kind === 'command'),
      60_000,
    );
    const tookMs = heart.clock.monotonic() - pushedAt;
    assert.ok(tookMs >= 700 && tookMs <= 800, `${tookMs} ms`);
    await heart.reach('live');
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));

test('a closed pull request leaves nothing, in the order route, process, the rest, and gives a receipt', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    assert.deepEqual(heart.world.things(), []);
    const ended = heart.world.history.filter(({ what }) => what === 'destroy').map(({ kind }) => kind);
    assert.equal(ended[0], 'route');
    assert.equal(ended[1], 'process');
    const receipt = (await heart.store.environments.find(id))?.receipt;
    assert.deepEqual(receipt?.resources.map(({ role }) => role).sort(), [
      'build-install',
      'checkout',
      'data',
      'route',
      'web',
    ]);
  }));

test('closed in mid-build leaves nothing, and reopened builds again under the next generation', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.clock.runUntil(() => heart.roles().includes('build-install'), 60_000);
    heart.host.close(aRepository.id, 7);
    await heart.poke();
    await heart.reach('closed');
    assert.deepEqual(heart.world.things(), []);
    heart.host.reopen(aRepository.id, 7);
    await heart.poke();
    await heart.reach('live');
    assert.equal(heart.world.things().find(({ kind }) => kind === 'checkout')?.claim.generation, 2);
  }));

test('a build that fails parks at once with its last lines, the older commit goes on serving, and a push tries again', () =>
  story(
    {
      outcome: (claim, spec) =>
        claim.role.startsWith('build') && spec['revision'] === aSha(2)
          ? { note: 'exited with status 1', remedy: 'change-input', hint: 'Add it.', lastLines: ['no such file'] }
          : undefined,
    },
    async (heart) => {
      heart.host.open(aPullRequest());
      await heart.poke();
      await heart.reach('live');
      heart.host.push(aRepository.id, 7, aSha(2));
      await heart.poke();
      await heart.reach('failed');
      assert.deepEqual(liveRevisions(heart), [aSha(1)]);
      const view = await heart.running.views.find(id);
      assert.equal(view?.news.failure?.step, 'build-install');
      assert.deepEqual(view?.news.failure?.lastLines, ['no such file']);
      assert.equal(view?.news.failure?.hint, 'Add it.');
      assert.equal(
        heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'command').length,
        2,
        'it is not tried again by itself',
      );
      heart.host.push(aRepository.id, 7, aSha(3));
      await heart.poke();
      await heart.reach('live');
      assert.deepEqual(liveRevisions(heart), [aSha(3)]);
    },
  ));

test('a process that never becomes ready is replaced twice and then parked', () =>
  story(
    {
      outcome: (claim) =>
        claim.role.startsWith('web') ? { note: 'exited with status 1', remedy: 'try-again' } : undefined,
    },
    async (heart) => {
      heart.host.open(aPullRequest());
      await heart.poke();
      await heart.reach('failed');
      await heart.clock.advance(10 * 60_000);
      assert.equal(heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'process').length, 3);
    },
  ));

test('what is deleted behind our back is made again', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    const web = heart.world.things().find(({ kind }) => kind === 'process');
    assert.ok(web);
    heart.world.vanish('process', web.claim);
    await heart.clock.runUntil(
      () => heart.world.things().some(({ kind, claim }) => kind === 'process' && claim.generation === 2),
      5 * 60_000,
    );
    await heart.reach('live');
    const route = heart.world.things().find(({ kind }) => kind === 'route');
    assert.match(JSON.stringify(route?.facts['targets']), /20002/, 'the route follows to the new port');
  }));

test('reset-data makes a fresh copy beside the old one and moves over', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.resetData(id, 'mira');
    await heart.clock.runUntil(
      () => heart.world.history.filter(({ what, kind }) => what === 'create' && kind === 'data-files').length === 2,
      60_000,
    );
    await heart.reach('live');
    await heart.clock.advance(1000);
    assert.equal(heart.roles().filter((role) => role === 'data').length, 1);
  }));

test('a fork is built only at the commit that was approved, and without secrets', () =>
  story({ recipe: aRecipe({ env: { KEY: { secret: 'stripe' } } }) }, async (heart) => {
    heart.host.open(aPullRequest({ headRepositoryId: null }));
    await heart.poke();
    await heart.clock.advance(5000);
    assert.equal(await heart.phase(), 'waiting');
    await heart.running.requests.approve(id, aSha(1), 'mira');
    await heart.reach('live');
    assert.ok(!JSON.stringify(heart.world.things()).includes('stripe'));
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
  }));

test('a code host that cannot be read changes nothing that runs', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    const { WizardError } = await import('./domain/wizard-error.ts');
    heart.host.outage(new WizardError('listing', { code: 'host/down', remedy: 'fix-setup' }));
    const before = heart.world.mutations;
    await heart.clock.advance(30 * 60_000);
    assert.equal(heart.world.mutations, before);
    assert.equal(await heart.phase(), 'live');
  }));

test('destroy takes it away while the pull request is open, and redeploy brings it back', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.destroy(id, 'mira');
    await heart.reach('waiting');
    assert.deepEqual(heart.world.things(), []);
    await heart.running.requests.redeploy(id, 'mira');
    await heart.reach('live');
  }));

test('what sleeps keeps its data and its build, and comes back by waking or by a push', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    assert.deepEqual(heart.roles(), ['build-install', 'checkout', 'data']);
    assert.deepEqual(liveRevisions(heart), []);
    await heart.running.requests.wake(id, 'mira');
    await heart.reach('live');
    const generations = heart.world.things().map(({ kind, claim }) => `${kind} ${claim.generation}`);
    assert.deepEqual(generations.sort(), ['checkout 1', 'command 1', 'data-files 1', 'process 2', 'route 2']);
    await heart.running.requests.sleep(id, 'mira');
    await heart.reach('asleep');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.reach('live');
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));

test('a pinned environment stays at its commit whatever is pushed', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.running.requests.pin(id, aSha(1), 'mira');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.advance(60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(1)]);
    await heart.running.requests.pin(id, undefined, 'mira');
    await heart.clock.runUntil(() => liveRevisions(heart)[0] === aSha(2), 60_000);
    assert.deepEqual(liveRevisions(heart), [aSha(2)]);
  }));

test('what is stored is kept bounded: old deliveries, lines of the timeline, what closed long ago', () =>
  story({}, async (heart) => {
    const { store, clock } = heart;
    heart.host.open(aPullRequest({ number: 8 }));
    await heart.poke(8);
    await heart.reach('live', 'shop-8');
    heart.host.close(aRepository.id, 8);
    await heart.poke(8);
    await heart.reach('closed', 'shop-8');
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.push(aRepository.id, 7, aSha(2));
    await heart.poke();
    await heart.clock.runUntil(() => liveRevisions(heart)[0] === aSha(2), 60_000);
    await heart.clock.advance(5000);
    await store.deliveries.record(
      Array.from({ length: 150 }, (_, index) => aDelivery({ guid: `g-${index}`, mark: undefined })),
    );
    const line = { environment: id, at: 1, about: 'web', what: 'ready', message: '', tookMs: 1, details: {} };
    for (let index = 0; index < 600; index += 1) await store.timeline.add(line);
    // Longer than anything is kept; jumped over, since a month of looking would take minutes here too.
    clock.jump(31 * 24 * 60 * 60_000);
    const formerCheckouts = async (): Promise<number> =>
      (await store.resources.of(id)).filter(({ kind }) => kind === 'checkout').length;
    assert.equal(await formerCheckouts(), 2);
    await clock.advance(12 * 60_000);
    assert.equal((await store.deliveries.list({ limit: 200 })).length, 100);
    assert.ok((await store.timeline.list(id, { limit: 1000 })).length <= 500);
    assert.equal(await formerCheckouts(), 1);
    assert.equal(await store.environments.find('shop-8' as EnvironmentId), undefined);
    assert.equal(await heart.phase(), 'live', 'what stands stays');
  }));

test('once settled nothing is changed any more', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    await heart.clock.advance(1000);
    const before = heart.world.mutations;
    await heart.clock.advance(60 * 60_000);
    assert.equal(heart.world.mutations, before);
  }));

test('what a driver tells while it is being looked at is not lost', async () => {
  let quiet = true;
  await story(
    {
      // The answer is on its way when the thing arrives: an event, and then an observation that is old.
      decorate: (driver) =>
        driver.kind !== 'command'
          ? driver
          : {
              ...driver,
              observe: async (claim, spec, call) => {
                const seen = await driver.observe(claim, spec, call);
                if (!quiet || seen.is !== 'arriving') return seen;
                quiet = false;
                const { promise, resolve } = Promise.withResolvers<void>();
                heartNow?.clock.after(3000, resolve);
                await promise;
                return { ...seen, lookAgainMs: 5 * 60_000 };
              },
            },
    },
    async (heart) => {
      heartNow = heart;
      heart.host.open(aPullRequest());
      await heart.poke();
      const began = heart.clock.monotonic();
      await heart.reach('live');
      assert.ok(heart.clock.monotonic() - began < 60_000, `live after ${heart.clock.monotonic() - began} ms`);
    },
  );
});
let heartNow: MemoryHeart | undefined;
