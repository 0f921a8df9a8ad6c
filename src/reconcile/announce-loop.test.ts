import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aPullRequest, aRepository } from '../../testing/builders.ts';
import { type MemoryHeart, memoryHeart } from '../../testing/memory-heart.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import type { News } from '../domain/news.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Announcer } from '../ports/announcer.ts';

const id = 'shop-7' as EnvironmentId;

/** Answers what was said, in order, in a place that works. */
function listening(): { readonly announcer: Announcer; readonly heard: News[] } {
  const heard: News[] = [];
  const announcer: Announcer = {
    kind: 'listening',
    announce: async (news) => {
      heard.push(news);
      return { said: heard.length };
    },
  };
  return { announcer, heard };
}

const throwing: Announcer = {
  kind: 'throwing',
  announce: async () => {
    throw new WizardError('telling nobody', { code: 'test/nobody', remedy: 'try-again' });
  },
};
/** Not even when it is asked to stop. */
const silent: Announcer = { kind: 'silent', announce: () => new Promise(() => undefined) };

async function story(announcers: readonly Announcer[], tell: (heart: MemoryHeart) => Promise<void>): Promise<void> {
  const heart = await memoryHeart({ announcers });
  try {
    await tell(heart);
  } finally {
    await heart.close();
  }
}

async function openToClosed(heart: MemoryHeart): Promise<readonly number[]> {
  const began = heart.clock.monotonic();
  heart.host.open(aPullRequest());
  await heart.poke();
  await heart.reach('live');
  const liveAt = heart.clock.monotonic() - began;
  heart.host.close(aRepository.id, 7);
  await heart.poke();
  await heart.reach('closed');
  return [liveAt, heart.clock.monotonic() - began];
}

test('announcers that fail, or never answer, hold an environment up by nothing', async () => {
  let without: readonly number[] = [];
  await story([], async (heart) => {
    without = await openToClosed(heart);
  });
  await story([throwing, silent], async (heart) => {
    assert.deepEqual(await openToClosed(heart), without);
    assert.deepEqual(heart.roles(), []);
    const tried = await heart.store.announcements.find(id, 'throwing');
    assert.ok((tried?.failures ?? 0) > 0, 'it was asked');
  });
});

test('an announcer that works tells the latest in time, beside others that fail or never answer', async () => {
  const { announcer, heard } = listening();
  await story([throwing, silent, announcer], async (heart) => {
    await openToClosed(heart);
    await heart.clock.advance(1000);
    assert.equal(heard.at(-1)?.phase, 'closed');
  });
});

test('what changes while an announcer is slow is told once, as it is then', async () => {
  const heard: News[] = [];
  const late: { clock?: MemoryHeart['clock'] } = {};
  const slow: Announcer = {
    kind: 'slow',
    announce: async (news) => {
      await new Promise<void>((resolve) => late.clock?.after(30_000, resolve));
      heard.push(news);
      return {};
    },
  };
  await story([slow], async (heart) => {
    late.clock = heart.clock;
    await openToClosed(heart);
    assert.equal(heard.length, 0, 'it is over before the first word arrives');
    await heart.clock.advance(60_000);
    assert.equal(heard.length, 2, 'the state when it was first asked, and the last');
    assert.equal(heard.at(-1)?.phase, 'closed');
  });
});
