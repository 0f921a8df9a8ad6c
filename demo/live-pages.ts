import type { Seen } from './browse.ts';
import type { Teller } from './claims.ts';

/** What a browser was shown before the application was there. */
export interface Page extends Seen {
  /** Since the webhook was sent. */
  readonly afterMs: number;
}

const atOnceMs = 2000;

/** From the first answer on it was the live page, and that said what is done and what is to come. */
export function checkLivePages(tell: Teller, pages: readonly Page[]): void {
  const [first] = pages;
  tell.check(
    'the URL answers at once, with the live page',
    first !== undefined && isLivePage(first) && first.afterMs < atOnceMs,
    first === undefined
      ? 'no page before the application'
      : `status ${first.status}, ${first.afterMs} ms after the webhook`,
  );
  const strange = pages.filter((page) => !isLivePage(page));
  const steps = pages.map(({ body }) => stepsOf(body)).filter((all) => all.length > 0);
  const shown = new Set(steps.map((all) => all.join()));
  tell.check(
    'until the application is there the live page shows its steps as they go',
    strange.length === 0 && shown.size >= 2 && steps.some((all) => all.includes('working')),
    `${pages.length} looks, ${steps.at(-1)?.length ?? 0} steps in ${shown.size} states, ${strange.length} other answers`,
  );
}

const isLivePage = ({ status, headers, body }: Seen): boolean =>
  status === 503 && /^text\/html/.test(String(headers['content-type'])) && body.includes('<h1>Getting ready</h1>');

/** How far each step is: `working`, `done` … */
const stepsOf = (body: string): string[] => {
  const [, list = ''] = /<ol class="steps">(.*?)<\/ol>/s.exec(body) ?? [];
  return [...list.matchAll(/<li class="(\w+)">/g)].map(([, state = '']) => state);
};
