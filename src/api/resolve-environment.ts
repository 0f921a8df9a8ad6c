import type { EnvironmentId } from '../domain/claim.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { EnvironmentView, Views } from '../ports/requests.ts';
import { nearest } from './nearest.ts';

/** No environment, or several, answer to the name. `candidates` are the ids that may have been meant. */
export class UnresolvedEnvironment extends WizardError {
  readonly candidates: readonly string[];
  constructor(message: string, code: string, hint: string, candidates: readonly string[]) {
    super(message, { code, remedy: 'change-input', hint });
    this.candidates = candidates;
  }
}

/**
 * The environment that a person means by `shop-7`, `owner/shop#7`, the address of its pull request or of one of its pages, or the
 * beginning of an id. A number is never cut: `shop-1` does not mean `shop-12`.
 */
export async function resolveEnvironment(views: Views, asked: string): Promise<EnvironmentView> {
  if (/^[a-z0-9-]{1,40}$/.test(asked)) {
    const exact = await views.find(asked as EnvironmentId);
    if (exact) return exact;
  }
  const all = await views.list();
  const found = meant(all, asked);
  const [only] = found;
  if (only && found.length === 1) return (await views.find(only.environment.id)) ?? only;
  throw found.length > 1 ? ambiguous(asked, found) : unknown(asked, all);
}

function meant(all: readonly EnvironmentView[], asked: string): readonly EnvironmentView[] {
  const byPull = /^([^\s#]+\/[^\s#]+)#(\d{1,9})$/.exec(asked);
  if (byPull) {
    const [, repository = '', number] = byPull;
    return all.filter(
      ({ environment }) =>
        environment.repository.name.toLowerCase() === repository.toLowerCase() && environment.number === Number(number),
    );
  }
  if (/^https?:\/\//i.test(asked)) return all.filter(({ news }) => isAddressOf(asked, news));
  if (!/^[a-z0-9-]+$/i.test(asked)) return [];
  const beginning = asked.toLowerCase();
  const cutsNumber = (id: string): boolean => /\d$/.test(beginning) && /^\d/.test(id.slice(beginning.length));
  return all.filter(({ environment: { id } }) => id.startsWith(beginning) && !cutsNumber(id));
}

function isAddressOf(asked: string, news: EnvironmentView['news']): boolean {
  if (!URL.canParse(asked)) return false;
  const { host, pathname } = new URL(asked);
  if (news.urls.some(({ url }) => URL.canParse(url) && new URL(url).host === host)) return true;
  if (!URL.canParse(news.pullUrl)) return false;
  const pull = new URL(news.pullUrl);
  // People paste the address of the tab they are on: `…/pull/7/files`.
  return pull.host === host && (pathname === pull.pathname || pathname.startsWith(`${pull.pathname}/`));
}

const ambiguous = (asked: string, found: readonly EnvironmentView[]): UnresolvedEnvironment => {
  const ids = found.map(({ environment }) => environment.id);
  return new UnresolvedEnvironment(
    `finding environment "${asked}": ${ids.length} environments match: ${listed(ids)}`,
    'request/ambiguous-environment',
    'Give the whole id of the one you mean.',
    ids.slice(0, 20),
  );
};

const unknown = (asked: string, all: readonly EnvironmentView[]): UnresolvedEnvironment => {
  const spellings = new Map(
    all.flatMap(({ environment: { id, repository, number } }) => [
      [id as string, id as string],
      [`${repository.name}#${number}`, id],
    ]),
  );
  const near = [...new Set(nearest(asked, [...spellings.keys()]).map((name) => spellings.get(name) ?? name))];
  return new UnresolvedEnvironment(
    `finding environment "${asked.slice(0, 100)}": there is none of that name`,
    'request/unknown-environment',
    near.length === 0 ? '`wizard list` shows all environments.' : `Did you mean ${listed(near)}?`,
    near,
  );
};

const listed = (ids: readonly string[]): string => {
  const shown = ids.slice(0, 5);
  return ids.length > shown.length ? `${shown.join(', ')} and ${ids.length - shown.length} more` : shown.join(', ');
};
