import type { PullRequest, RepositoryId } from '../../../domain/pull-request.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { type GithubApi, reading } from '../../../kit/github-api.ts';
import { ifChanged, type Located } from '../../../kit/github-repositories.ts';
import type { Call } from '../../../ports/call.ts';
import { pullsOf } from './pull-of.ts';

const pageSize = 100;
/** A list that moves under us more often than this is asked again later. */
const mostAttempts = 4;

interface Page {
  readonly etag: string | undefined;
  readonly pulls: readonly PullRequest[];
  /** `maybe`: no link leads on, but the page is full, and a link may be lost on the way (a proxy). */
  readonly next: 'said' | 'maybe' | 'none';
}

type Pages = Map<number, Page>;

/**
 * Lists open pull requests, whole or not at all. Pages are kept with their ETags, so an unchanged list costs nothing. When one is
 * closed while we page, the ones behind it move up and one could slip from a page still to come to a page already read: so every
 * page but the last is read again at the end, and if any shows other numbers than before, all is read anew.
 */
export function openPulls(api: GithubApi): (at: Located, call: Call) => Promise<readonly PullRequest[]> {
  const kept = new Map<RepositoryId, Pages>();
  return async (at, call) => {
    const doing = `listing the open pull requests of ${at.ref.name}`;
    for (let attempt = 1; attempt <= mostAttempts; attempt += 1) {
      const read = (number: number): Promise<Page> => readPage(api, at, call, number, pagesOf(kept, at.ref.id));
      const numbers = await readAll(read);
      if (numbers !== undefined && (await stillTheSame(numbers, read))) {
        const pages = pagesOf(kept, at.ref.id);
        for (const number of pages.keys()) if (number > numbers.length) pages.delete(number);
        return unique(numbers.flatMap((_, index) => pages.get(index + 1)?.pulls ?? []));
      }
      call.log.debug('github.list-moved', { repository: at.ref.name, attempt });
    }
    throw new WizardError(`${doing}: it changes faster than it can be read`, {
      code: 'github/list-moved',
      remedy: 'try-again',
    });
  };
}

/** The numbers on each page, from the first to the last; `undefined` when a page that was promised had nothing on it. */
async function readAll(read: (number: number) => Promise<Page>): Promise<readonly (readonly number[])[] | undefined> {
  const pages: Page[] = [];
  for (let next: Page['next'] = 'maybe'; next !== 'none'; ) {
    const page: Page = await read(pages.length + 1);
    if (page.pulls.length === 0 && next === 'said') return undefined;
    pages.push(page);
    next = page.next;
  }
  return pages.map(numbersOn);
}

async function stillTheSame(
  numbers: readonly (readonly number[])[],
  read: (number: number) => Promise<Page>,
): Promise<boolean> {
  for (const [index, before] of numbers.slice(0, -1).entries()) {
    const now = numbersOn(await read(index + 1));
    if (now.join() !== before.join()) return false;
  }
  return true;
}

const numbersOn = (page: Page): readonly number[] => page.pulls.map(({ number }) => number);

async function readPage(api: GithubApi, at: Located, call: Call, number: number, pages: Pages): Promise<Page> {
  const doing = `listing the open pull requests of ${at.ref.name}, page ${number}`;
  const known = pages.get(number);
  const page = await api.ask({ doing, repository: at.ref, permissions: reading, call }, async (github) => {
    // Oldest first: what is opened while we read comes at the end, where it is still to be read.
    const about = { owner: at.owner, repo: at.repo, state: 'open', sort: 'created', direction: 'asc' };
    const parameters = { ...about, per_page: pageSize, page: number };
    const answer = await ifChanged(github, 'GET /repos/{owner}/{repo}/pulls', parameters, known?.etag);
    if (answer === 'unchanged' && known) return known;
    const { data, headers } = answer === 'unchanged' ? { data: undefined, headers: {} } : answer;
    const pulls = pullsOf(at.ref, data, doing);
    const next: Page['next'] = leadsOn(headers.link) ? 'said' : pulls.length >= pageSize ? 'maybe' : 'none';
    return { etag: headers.etag, pulls, next };
  });
  pages.set(number, page);
  return page;
}

const leadsOn = (link: string | undefined): boolean => link !== undefined && /rel="next"/.test(link);

function pagesOf(kept: Map<RepositoryId, Pages>, id: RepositoryId): Pages {
  const pages = kept.get(id) ?? new Map<number, Page>();
  kept.set(id, pages);
  return pages;
}

/** One that was on two pages, since another was reopened before it, is one. */
const unique = (pulls: readonly PullRequest[]): readonly PullRequest[] => [
  ...new Map(pulls.map((pull) => [pull.number, pull])).values(),
];
