import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall, aNews } from '../../../testing/builders.ts';
import { type AnnouncerWorld, announcerLaws } from '../../../testing/conformance/announcer-laws.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { Announcer } from '../../ports/announcer.ts';
import { markerOf, memoryAnnouncer, memoryBoard } from './memory-announcer.ts';

function newWorld(): AnnouncerWorld {
  const board = memoryBoard();
  const plain = memoryAnnouncer(board);
  let losesAnswer = false;
  const announcer: Announcer = {
    kind: plain.kind,
    async announce(news, last, call) {
      const handle = await plain.announce(news, last, call);
      if (!losesAnswer) return handle;
      losesAnswer = false;
      throw new WizardError('announcing: no answer', { code: 'memory/lost', remedy: 'try-again' });
    },
  };
  return {
    announcer,
    reopen: () => memoryAnnouncer(board),
    messages: async () => board.messages.map(({ id, text }) => ({ id: String(id), text })),
    mutations: () => board.mutations,
    remove: async (id) => board.remove(Number(id)),
    plantStranger: async () => String(board.post({ marker: undefined, news: undefined, text: markerOf(aNews()) }).id),
    loseNextAnswer: () => {
      losesAnswer = true;
    },
    close: async () => undefined,
  };
}

announcerLaws({
  name: 'memory announcer',
  newWorld,
  cannot: { 'refusals have the right remedy': 'a list in this process refuses nothing' },
});

test('of several messages of ours the oldest stays and the others go', async () => {
  const board = memoryBoard();
  const marker = markerOf(aNews());
  const oldest = board.post({ marker, news: undefined, text: 'first' });
  const second = board.post({ marker, news: undefined, text: 'second' });
  await memoryAnnouncer(board).announce(aNews(), { id: second.id }, aCall());
  assert.deepEqual(
    board.messages.map(({ id }) => id),
    [oldest.id],
  );
});
