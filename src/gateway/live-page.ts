import type { EnvironmentView } from '../ports/requests.ts';
import { type HtmlText, html, HtmlText as Raw } from './escape-html.ts';
import { failurePart, logPart, migrationsPart, progressPart, pullPart, stepsPart } from './live-page-parts.ts';
import { livePageScript } from './live-page-script.ts';
import { livePageStyle } from './live-page-style.ts';
import { asSentence, liveWords } from './live-words.ts';

export interface LivePageAbout {
  /** Missing: nothing is known of the environment yet. */
  readonly view: EnvironmentView | undefined;
  /** The last lines of the step that works. */
  readonly log: readonly string[];
  readonly isServing: boolean;
  /** Wall clock, in milliseconds. */
  readonly now: number;
  /** Allows our own style and script, and no other. New for each page. */
  readonly nonce: string;
  /** Whether the page gives way to the application when that is live. */
  readonly givesWay: boolean;
  /** The page answers a form, which nobody received. It is never sent again: whoever sent it decides that. */
  readonly sentInVain: boolean;
  /** What follows the path in the URL: `?x=1`, or nothing. */
  readonly search: string;
}

/** What changes while one looks: sent again with each change. */
export interface LiveState {
  readonly title: string;
  readonly mood: string;
  readonly html: string;
}

/** The whole page, as text. Everything from the pull request is escaped; nothing is fetched from elsewhere. */
export function livePage(about: LivePageAbout): string {
  const { view, log, nonce, givesWay, sentInVain, search } = about;
  const way = givesWay ? (sentInVain ? 'by-get' : 'yes') : 'no';
  const state = liveState(about);
  // Without a script the page just asks again, always by GET; later where there is something to read that is not said again.
  // A search is an address too, of the same path on the same host whatever it holds, and unlike none at all it leaves out what stands after `#`:
  // to go there would otherwise be a jump within the page.
  const again = sentInVain ? `6; url=${search || '?'}` : '2';
  const refresh = givesWay ? html`<noscript><meta http-equiv="refresh" content="${again}"></noscript>` : html``;
  return html`<!doctype html>
<html lang="en" data-mood="${state.mood}" data-gives-way="${way}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex, nofollow">
<meta name="color-scheme" content="light dark">
<title>${state.title}</title>
<link rel="icon" href="${icon}">
${refresh}
<style nonce="${nonce}">${new Raw(livePageStyle)}</style>
</head>
<body>
<main>
<p class="brand"><span aria-hidden="true">✦</span> Shining Wizard</p>
<div id="state" aria-live="polite">${new Raw(state.html)}</div>
${sentInVain ? html`<p class="next">What you sent was not received. Go back and send it again when the application is there.</p>` : html``}
${view ? logPart(view, log) : html`<section id="log" hidden><h2></h2><pre></pre></section>`}
<p id="offline" class="quiet" hidden>The connection was lost. Trying again…</p>
</main>
<script nonce="${nonce}">${new Raw(livePageScript)}</script>
</body>
</html>
`.text;
}

export function liveState(about: Pick<LivePageAbout, 'view' | 'isServing' | 'now'>): LiveState {
  const { view, isServing, now } = about;
  if (!view) {
    return {
      title: 'Getting ready',
      mood: 'busy',
      html: headPart('Getting ready', 'It has only just begun.', '').text,
    };
  }
  const words = liveWords(view, isServing);
  const failure = failurePart(view);
  const because = words.mood === 'failed' && failure.text === '' ? asSentence(view.news.because) : words.sentence;
  const parts = [
    headPart(words.headline, because, words.mood),
    progressPart(view, words),
    pullPart(view),
    failure,
    stepsPart(view, now),
    migrationsPart(view),
    words.mood === 'live' ? html`<p><a class="button" href="/">Open the application</a></p>` : html``,
    words.next === '' ? html`` : html`<p class="next">${words.next}</p>`,
  ];
  return {
    title: `${words.headline} · #${view.news.number} ${view.news.title}`,
    mood: words.mood,
    html: parts.map(({ text }) => text).join('\n'),
  };
}

const headPart = (headline: string, sentence: string, mood: string): HtmlText =>
  html`<header class="${mood}"><span class="lamp" aria-hidden="true"></span><h1>${headline}</h1><p>${sentence}</p></header>`;

/** What the browser may do with the page: run our own script, talk to this host, nothing else. */
export const livePagePolicy = (nonce: string): string =>
  [
    `default-src 'none'`,
    `script-src 'nonce-${nonce}'`,
    `style-src 'nonce-${nonce}'`,
    `connect-src 'self'`,
    `img-src data:`,
    `base-uri 'none'`,
    `form-action 'none'`,
    `frame-ancestors 'none'`,
  ].join('; ');

const icon = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="8" fill="#5b4bd6"/><path fill="#fff" d="M16 4l3 9 9 3-9 3-3 9-3-9-9-3 9-3z"/></svg>',
)}`;
