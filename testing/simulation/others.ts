import { isDeepStrictEqual } from 'node:util';
import type { EnvironmentId } from '../../src/domain/claim.ts';
import { type MemoryMessage, markerOf } from '../../src/drivers/memory/memory-announcer.ts';
import type { MemoryThing } from '../../src/drivers/memory/memory-world.ts';
import { kindsOf } from './kinds.ts';
import type { Outside } from './outside.ts';

/** What others have in the same places, much like ours and without our mark. */
export interface Others {
  readonly things: readonly MemoryThing[];
  readonly messages: readonly MemoryMessage[];
}

const neighbour = 'neighbour-1' as EnvironmentId;

export function plantOthers({ world, board }: Pick<Outside, 'world' | 'board'>, cloudy: boolean): Others {
  const things = kindsOf(cloudy).map(({ kind }): MemoryThing => {
    const at = world.clock.monotonic();
    const claim = { environment: neighbour, role: kind, generation: 1 };
    const times = { madeAt: at, visibleAt: at, arrivesAt: at, goneAt: undefined };
    return { kind, claim, spec: {}, facts: {}, broken: undefined, ofOthers: true, ...times };
  });
  for (const thing of things) world.put(thing);
  // One of them quotes the mark of ours.
  const texts = ['looks good to me', `it says "${markerOf({ environment: 'shop-1' as EnvironmentId })}"`];
  const messages = texts.map((text) => board.post({ marker: undefined, news: undefined, text }));
  // As they are now: ours may change what it finds in place.
  return { things: structuredClone(things), messages };
}

/** INV-9: nothing without our mark is modified or deleted. */
export function othersProblems({ world, board, others }: Outside): string[] {
  const things = others.things.filter((thing) => !isDeepStrictEqual(world.find(thing.kind, thing.claim), thing));
  const messages = others.messages.filter(
    (message) =>
      !isDeepStrictEqual(
        board.messages.find(({ id }) => id === message.id),
        message,
      ),
  );
  return [
    ...things.map(({ kind }) => `INV-9 another's ${kind} was touched`),
    ...messages.map(({ id }) => `INV-9 another's message ${id} was touched`),
  ];
}
