import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type KeptMessage, keepOneMessage, type OwnMessages, type Saying } from './one-message.ts';

/** A place for messages where posts may be done and not answered, or land later than they were given up. */
function place() {
  const there: { id: number; text: string }[] = [];
  const late: (() => void)[] = [];
  let made = 0;
  const trouble: { next: 'none' | 'before' | 'after' | 'late' } = { next: 'none' };
  const put = (id: number, text: string): number => {
    there.push({ id, text });
    there.sort((a, b) => a.id - b.id);
    return id;
  };
  const own = (text: string): OwnMessages<number> => ({
    find: async () => there.map(({ id }) => id),
    post: async () => {
      const how = trouble.next;
      trouble.next = 'none';
      made += 1;
      const id = made;
      if (how === 'late') late.push(() => put(id, text));
      if (how === 'after') put(id, text);
      if (how !== 'none') throw new Error(`lost: ${how}`);
      return put(id, text);
    },
    edit: async (id) => {
      const message = there.find((one) => one.id === id);
      if (message) message.text = text;
      return message !== undefined;
    },
    remove: async (id) => {
      const index = there.findIndex((one) => one.id === id);
      if (index >= 0) there.splice(index, 1);
    },
  });
  const land = (): void => {
    for (const effect of late.splice(0)) effect();
  };
  return { there, trouble, own, land };
}

const saying = (said: string, over: Partial<Saying> = {}): Saying => ({
  said,
  commit: 'c1',
  mayPost: true,
  isLast: false,
  ...over,
});

describe('keeping one message', () => {
  it('ends with one message that says the last news, whatever was lost on the way', async () => {
    const troubles = fc.constantFrom('none', 'before', 'after', 'late', 'forget', 'land');
    await fc.assert(
      fc.asyncProperty(fc.array(troubles, { maxLength: 12 }), async (events) => {
        const world = place();
        let kept: KeptMessage<number> | undefined;
        const say = async (text: string, over: Partial<Saying> = {}): Promise<void> => {
          kept = await keepOneMessage(world.own(text), kept, saying(text, over));
        };
        for (const [turn, event] of events.entries()) {
          if (event === 'land') world.land();
          else if (event === 'forget') kept = undefined;
          else world.trouble.next = event;
          await say(`news ${turn}`).catch((error: unknown) => assert.match(String(error), /lost/));
        }
        world.trouble.next = 'none';
        world.land();
        await say('the end', { isLast: true });
        assert.deepEqual(
          world.there.map(({ text }) => text),
          ['the end'],
        );
      }),
      { numRuns: 500 },
    );
  });

  it('neither looks nor writes when the message is settled and says it already', async () => {
    const world = place();
    const first = await keepOneMessage(world.own('a'), undefined, saying('a'));
    const settled = await keepOneMessage(world.own('a'), first, saying('a'));
    const untouchable: OwnMessages<number> = {
      find: () => assert.fail('it looked'),
      post: () => assert.fail('it posted'),
      edit: () => assert.fail('it edited'),
      remove: () => assert.fail('it removed'),
    };
    assert.deepEqual(await keepOneMessage(untouchable, settled, saying('a')), settled);
  });

  it('posts nothing when it may not, and edits what is there', async () => {
    const world = place();
    assert.equal(await keepOneMessage(world.own('a'), undefined, saying('a', { mayPost: false })), undefined);
    await keepOneMessage(world.own('a'), undefined, saying('a'));
    await keepOneMessage(world.own('b'), undefined, saying('b', { mayPost: false }));
    assert.deepEqual(
      world.there.map(({ text }) => text),
      ['b'],
    );
  });
});
