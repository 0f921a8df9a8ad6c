import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository, aSha } from '../testing/builders.ts';
import { id, liveRevisions, story } from '../testing/heart-story.ts';
import type { MemoryHeart, MemoryHeartOptions } from '../testing/memory-heart.ts';
import { WizardError } from './domain/wizard-error.ts';

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

test('a code host that cannot be read changes nothing that runs', () =>
  story({}, async (heart) => {
    heart.host.open(aPullRequest());
    await heart.poke();
    await heart.reach('live');
    heart.host.outage(new WizardError('listing', { code: 'host/down', remedy: 'fix-setup' }));
    const before = heart.world.mutations;
    await heart.clock.advance(30 * 60_000);
    assert.equal(heart.world.mutations, before);
    assert.equal(await heart.phase(), 'live');
  }));

test('what a driver tells while it is being looked at is not lost', async () => {
  let quiet = true;
  let heartNow: MemoryHeart | undefined;
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
