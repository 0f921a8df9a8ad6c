import { ZodError } from 'zod';
import { WizardError } from '../domain/wizard-error.ts';

/** What we read of an answer that is not a success. Missing status: there was no answer. */
export interface GithubAnswer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly message: string;
  readonly documentation: string;
}

/** The one place where what GitHub says becomes ours: by status and headers, never by the words of a message. */
export function githubError(doing: string, error: unknown, nowMs: number): WizardError {
  if (error instanceof WizardError) return error;
  const answer = answerIn(error);
  const { status } = answer;
  if (error instanceof ZodError) return strange(doing, error);
  if (status === undefined) return isOfTheWire(error) ? unreachable(doing, error) : unexpected(doing, error);
  const afterMs = restMs(answer, nowMs);
  if (afterMs !== undefined) {
    return new WizardError(`${doing}: GitHub asks us to slow down`, {
      code: 'github/rate-limit',
      remedy: 'try-again',
      hint: 'Nothing to do: it is asked again when GitHub allows it.',
      afterMs,
      cause: error,
    });
  }
  const said = `${doing}: GitHub answered ${status}${answer.message === '' ? '' : ` (${answer.message.slice(0, 300)})`}`;
  const meaning = meanings[status] ?? meaningOfOthers(status);
  const hint = hintFor(status, answer) ?? meaning.hint;
  return new WizardError(said, { ...meaning, cause: error, ...(hint === undefined ? {} : { hint }) });
}

type Meaning = { readonly code: string; readonly remedy: WizardError['remedy']; readonly hint?: string };

const meanings: Readonly<Record<number, Meaning>> = {
  400: { code: 'github/refused', remedy: 'change-input' },
  401: {
    code: 'github/bad-credentials',
    remedy: 'fix-setup',
    hint: 'Give wizard.yml a token that is still valid, or the App’s id with its present private key.',
  },
  403: {
    code: 'github/forbidden',
    remedy: 'fix-setup',
    hint: 'Give the token or the App: Metadata read, Contents read, Pull requests write, Commit statuses write.',
  },
  404: {
    code: 'github/not-found',
    remedy: 'fix-setup',
    hint: 'Check the repository’s name, and that the token or the App’s installation includes it with Metadata and Pull requests.',
  },
  409: { code: 'github/conflict', remedy: 'try-again' },
  410: { code: 'github/gone', remedy: 'change-input' },
  422: { code: 'github/refused', remedy: 'change-input' },
  451: { code: 'github/forbidden', remedy: 'fix-setup', hint: 'GitHub withholds this repository for legal reasons.' },
};

function meaningOfOthers(status: number): Meaning {
  if (status >= 500) return { code: 'github/trouble', remedy: 'try-again' };
  if (status >= 400) return { code: 'github/refused', remedy: 'change-input' };
  return { code: 'github/moved', remedy: 'fix-setup', hint: 'Check base-url: GitHub sends us to another address.' };
}

/** GitHub names the missing permission, or the organisation's sign-on page, in a header. */
function hintFor(status: number, answer: GithubAnswer): string | undefined {
  if (status !== 403) return undefined;
  if (text(answer.headers['x-github-sso']) !== '') {
    return 'The organisation demands single sign-on: authorise the token for it.';
  }
  const wanted = text(answer.headers['x-accepted-github-permissions']);
  return wanted === '' ? undefined : `Give the token or the App this permission: ${wanted}.`;
}

const minuteMs = 60_000;

/** How long GitHub wants us to rest; missing: this is not about rates. */
function restMs(answer: GithubAnswer, nowMs: number): number | undefined {
  if (answer.status !== 403 && answer.status !== 429) return undefined;
  const retryAfter = text(answer.headers['retry-after']);
  if (retryAfter !== '') return waitOf(retryAfter, nowMs);
  if (text(answer.headers['x-ratelimit-remaining']) === '0') {
    const reset = Number(answer.headers['x-ratelimit-reset']);
    // A second more, since GitHub counts in whole ones.
    return Number.isFinite(reset) ? Math.max(0, reset * 1000 - nowMs) + 1000 : minuteMs;
  }
  // A secondary limit may come without any header; the page it points to is then its only code.
  const isSecondary = /secondary-rate-limits?$/.test(answer.documentation);
  return answer.status === 429 || isSecondary ? minuteMs : undefined;
}

function waitOf(retryAfter: string, nowMs: number): number {
  const seconds = Number(retryAfter);
  if (Number.isFinite(seconds)) return Math.max(0, seconds) * 1000;
  const at = Date.parse(retryAfter);
  return Number.isNaN(at) ? minuteMs : Math.max(0, at - nowMs);
}

const unreachable = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: no answer from GitHub`, {
    code: 'github/unreachable',
    remedy: 'try-again',
    hint: 'Check that this server can reach the base-url of the code host.',
    cause,
  });

const strange = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: the answer is not what GitHub promises`, {
    code: 'github/unexpected-answer',
    remedy: 'try-again',
    cause,
  });

const unexpected = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: something unexpected went wrong`, {
    code: 'github/unexpected',
    remedy: 'try-again',
    cause,
  });

/** Octokit hangs the request on what failed under way; a time limit that ran out comes as it is. */
const isOfTheWire = (error: unknown): boolean =>
  field(error, 'request') !== undefined ||
  field(error, 'name') === 'AbortError' ||
  field(error, 'name') === 'TimeoutError';

/** Octokit calls a lost connection status 500; only one with a response was an answer. */
function answerIn(error: unknown): GithubAnswer {
  const response = field(error, 'response');
  const status = field(response, 'status');
  const data = field(response, 'data');
  const headers = field(response, 'headers');
  return {
    status: typeof status === 'number' ? status : undefined,
    headers: typeof headers === 'object' && headers !== null ? { ...headers } : {},
    message: text(field(data, 'message')),
    documentation: text(field(data, 'documentation_url')),
  };
}

/** The status of the answer in an error of Octokit's; missing when there was no answer. */
export const statusIn = (error: unknown): number | undefined => answerIn(error).status;

const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;

const text = (value: unknown): string => (typeof value === 'string' || typeof value === 'number' ? String(value) : '');
