import assert from 'node:assert/strict';
import type { SeenEnvironment } from '../real-server.ts';
import { eventually, toldInSlack } from './seed-watch.ts';
import type { SeedWorld } from './seed-world.ts';

/** Who can mend it, and how: what is said to them has to hold these words. */
interface Told {
  readonly remedy: 'change-input' | 'fix-setup' | 'try-again';
  readonly hint: RegExp;
}

/** The author, who reads the recipe and the commit; the operator, who has wizard.yml. */
export const author = (hint: RegExp): Told => ({ remedy: 'change-input', hint });
export const operator = (hint: RegExp): Told => ({ remedy: 'fix-setup', hint });

interface ParkedAbout {
  readonly number: number;
  readonly parked: SeenEnvironment;
  /** Stands in the message or in the last lines. */
  readonly what: RegExp;
  readonly who: Told;
}

/** What everybody is told of a parked environment, in the API, on the live page and in Slack: what went wrong and what helps. */
export async function isToldEverywhere(world: SeedWorld, { number, parked, what, who }: ParkedAbout): Promise<void> {
  const { message = '', hint = '', remedy, lastLines = [] } = parked.failure ?? {};
  assert.match([message, ...lastLines].join('\n'), what);
  assert.deepEqual([remedy, who.hint.test(hint)], [who.remedy, true], `${remedy}: ${hint}`);
  await eventually('the live page to say so', async () => {
    const page = textOf((await world.gateway(`app-shop-${number}.${world.bind.zone}`)).body);
    return what.test(page) && page.includes(hint) ? true : undefined;
  });
  await eventually('Slack to be told so', async () =>
    toldInSlack(world.slack, number).some((text) => what.test(text) && textOf(text).includes(hint.slice(0, 300)))
      ? true
      : undefined,
  );
}

/** As people read a page or a message. */
const textOf = (markup: string): string =>
  markup
    .replaceAll('\\"', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&');
