import { migrationsText } from '../domain/migrations.ts';
import { shortSha } from '../domain/pull-request.ts';
import { bytesText } from '../kit/disk-room.ts';
import type { EnvironmentView, StepView } from '../ports/requests.ts';
import { type HtmlText, html, joined } from './escape-html.ts';
import { inWords, type LiveWords, stepTitle } from './live-words.ts';
import { lastLinesOf } from './plain-log.ts';

const nothing = html``;
/** Of a log that the page brings with it. */
export const shownLines = 40;
/** Of a failure: all of them are seen without scrolling inside the page. The mistakes of a recipe may be as many. */
const failureLines = 64;

/** Which pull request and commit this is about. */
export function pullPart({ news }: EnvironmentView): HtmlText {
  const name = html`<span class="number">#${news.number}</span> <bdi>${news.title}</bdi>`;
  const isLink = /^https?:\/\//.test(news.pullUrl);
  const title = isLink ? html`<a href="${news.pullUrl}" rel="noreferrer">${name}</a>` : name;
  const older =
    news.liveSha !== undefined && news.liveSha !== news.headSha
      ? html` <span class="quiet">(running now: <code>${shortSha(news.liveSha)}</code>)</span>`
      : nothing;
  const machine = news.address === undefined ? nothing : html` · machine <code>${news.address}</code>`;
  return html`<section class="pull">
<p class="title">${title}</p>
<p class="quiet"><bdi>${news.repository.name}</bdi> · by <bdi>${news.author}</bdi> · commit <code title="${news.headSha}">${shortSha(news.headSha)}</code>${older}${machine}</p>
</section>`;
}

/** The bar and how long it will take, as far as earlier runs tell. */
export function progressPart(view: EnvironmentView, words: LiveWords): HtmlText {
  if (words.mood !== 'busy' || view.news.phase === 'live') return nothing;
  const { remainingMs } = view;
  const percent = Math.round(100 * doneFraction(view));
  const left =
    remainingMs === undefined
      ? html`<span>No estimate yet</span>`
      : html`<span data-left="${Math.round(remainingMs)}">${leftInWords(remainingMs)}</span>`;
  return html`<div class="progress"><progress max="100" value="${percent}" aria-label="Progress">${percent} %</progress><p class="quiet">${left}<span>${percent} %</span></p></div>`;
}

const leftInWords = (ms: number): string =>
  ms < 1000
    ? 'Any moment now'
    : `About ${inWords(Math.max(1000, Math.round(ms / 1000) * 1000)).replace('.0', '')} left`;

function doneFraction({ steps, remainingMs }: EnvironmentView): number {
  const coming = steps.filter(({ state }) => state !== 'leaving');
  const usual = coming.reduce((sum, step) => sum + (step.usualMs ?? step.tookMs ?? 0), 0);
  const byTime = remainingMs === undefined || usual <= 0 ? undefined : 1 - remainingMs / usual;
  const byCount = coming.filter(({ state }) => state === 'done').length / Math.max(1, coming.length);
  return Math.min(0.98, Math.max(0.02, byTime ?? byCount));
}

/** `now`: for how long the working step has been at it. */
export function stepsPart(view: EnvironmentView, now: number): HtmlText {
  if (view.steps.length === 0) return nothing;
  const isComing = view.news.phase === 'building' || view.news.phase === 'updating';
  const steps = view.steps.map((step) => stepPart(step, isComing ? timePart(step, now) : tookPart(step)));
  return html`<ol class="steps">${joined(steps)}</ol>`;
}

const states: Readonly<Record<StepView['state'], string>> = {
  waiting: 'not yet',
  working: 'working',
  done: 'done',
  failed: 'failed',
  leaving: 'going away',
};

function stepPart(step: StepView, time: HtmlText): HtmlText {
  const room = step.diskBytes === undefined ? '' : `takes ${bytesText(step.diskBytes)} of disk`;
  const text = step.state === 'done' ? room : step.note;
  const note = text === '' ? nothing : html`<span class="note">${text}</span>`;
  return html`<li class="${step.state}"><span class="mark" role="img" aria-label="${states[step.state]}"></span><span class="name"><bdi>${stepTitle(step)}</bdi>${note}</span><span class="time">${time}</span></li>`;
}

const tookPart = (step: StepView): HtmlText =>
  step.state === 'done' && step.tookMs !== undefined ? html`${inWords(step.tookMs)}` : nothing;

function timePart(step: StepView, now: number): HtmlText {
  if (step.state === 'done') return tookPart(step);
  const usual =
    step.usualMs === undefined ? nothing : html`<span class="quiet">usually ${inWords(step.usualMs)}</span>`;
  if (step.state !== 'working' || step.startedAt === undefined) return step.state === 'waiting' ? usual : nothing;
  const elapsedMs = Math.max(0, now - step.startedAt);
  return html`<span data-elapsed="${Math.round(elapsedMs)}">${inWords(elapsedMs)}</span> ${usual}`;
}

/** What the release steps made of the databases. */
export function migrationsPart({ news }: EnvironmentView): HtmlText {
  const parts = (news.migrations ?? []).map(migrationsText).map(({ heading, changes, slow }) => {
    const told = changes.map((line) => html`<li><bdi>${line}</bdi></li>`);
    const list = told.length === 0 ? nothing : html`<ul>${joined(told)}</ul>`;
    const rows = slow.map(({ took, sql }) => html`<li><span class="time">${took}</span><code>${sql}</code></li>`);
    const long = rows.length === 0 ? nothing : html`<h3>What took long</h3><ol>${joined(rows)}</ol>`;
    return html`<section class="migrations"><h2>${heading}</h2>${list}${long}</section>`;
  });
  return joined(parts);
}

/** What failed, what to do about it, and the lines that matter. */
export function failurePart({ news, steps }: EnvironmentView): HtmlText {
  const { failure } = news;
  if (news.phase !== 'failed' || !failure) return nothing;
  const step = steps.find(({ name }) => name === failure.step);
  const hint = failure.hint ? html`<p class="hint"><strong>What helps:</strong> ${failure.hint}</p>` : nothing;
  const lines = lastLinesOf(failure.lastLines.join('\n'), failureLines);
  const log = lines.length > 0 ? html`<pre tabindex="0">${lines.join('\n')}</pre>` : nothing;
  return html`<section class="failure"><h2>${step ? stepTitle(step) : failure.step}</h2><p>${failure.message}</p>${hint}${log}</section>`;
}

/** They only ask and wait, and write nothing. */
const silentKinds: ReadonlySet<string> = new Set([
  'ssh',
  'route53',
  'rfc2136',
  'http-check',
  'route',
  'schema-snapshot',
  'schema-changes',
]);

/** The step whose log is worth reading now. */
export function workingStep({ steps }: EnvironmentView): StepView | undefined {
  const working = steps.filter(({ state }) => state === 'working');
  return working.findLast(({ kind }) => !silentKinds.has(kind)) ?? working.at(-1);
}

/** The log as far as the page itself brings it, its last lines; what follows comes as events. */
export function logPart(view: EnvironmentView, lines: readonly string[]): HtmlText {
  const step = workingStep(view);
  const isHidden = lines.length === 0 ? html` hidden` : nothing;
  return html`<section id="log"${isHidden}><h2>${step ? stepTitle(step) : ''}</h2><pre tabindex="0" role="log">${lines.join('\n')}</pre></section>`;
}
