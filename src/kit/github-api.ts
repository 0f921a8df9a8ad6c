import { Octokit } from '@octokit/core';
import { paginateRest } from '@octokit/plugin-paginate-rest';
import { restEndpointMethods } from '@octokit/plugin-rest-endpoint-methods';
import { retry } from '@octokit/plugin-retry';
import { throttling } from '@octokit/plugin-throttling';
import { afterMsOf, codeOf, WizardError } from '../domain/wizard-error.ts';
import type { Call, Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import { systemClock } from './clock.ts';
import { githubError } from './github-errors.ts';
import { githubFetch } from './github-fetch.ts';
import {
  appAuth,
  appJwt,
  fixedToken,
  installationTokens,
  type Permissions,
  type RepositoryAsked,
} from './github-tokens.ts';
import type { Secret } from './secret.ts';

export type { Permissions, RepositoryAsked } from './github-tokens.ts';

export type GithubAuth =
  | { readonly token: Secret }
  | { readonly appId: number | string; readonly privateKey: Secret; readonly installationId?: number };

export interface GithubOptions {
  /** `https://api.github.com`, or `https://HOST/api/v3` of an Enterprise server. */
  readonly baseUrl: string;
  readonly auth: GithubAuth;
  readonly log: Log;
  readonly clock?: Clock;
  /** False: no pauses between writes and no repeats. Only for a stand-in on this machine. */
  readonly paced?: boolean;
}

/** One thing we want of GitHub. */
export interface Asked {
  /** Opens the error message: `listing the open pull requests of acme/shop`. */
  readonly doing: string;
  readonly repository: RepositoryAsked;
  /** What the token must allow; a token that was given to us is used as it is. */
  readonly permissions: Permissions;
  readonly call: Call;
}

const Github = Octokit.plugin(restEndpointMethods, paginateRest, retry, throttling);
/** Octokit with `rest` and `paginate`. Valid within `ask` only. */
export type Github = InstanceType<typeof Github>;

/** Every request to GitHub's API goes through here: credentials, time limits, pacing, and errors that are ours. */
export interface GithubApi {
  readonly baseUrl: string;
  /** Runs `work` with an Octokit that may do what was asked. Throws WizardError only; rejects at once when the call's signal aborts. */
  ask<T>(asked: Asked, work: (github: Github) => Promise<T>): Promise<T>;
  /** A token to give to git. */
  token(asked: Asked): Promise<Secret>;
  /** The login that our comments bear: a user's, or `NAME[bot]` of the App. */
  login(call: Call): Promise<string>;
}

/** The permissions that go with what we do. */
export const reading: Permissions = { metadata: 'read', pull_requests: 'read' };
export const readingContents: Permissions = { metadata: 'read', contents: 'read' };
export const announcing: Permissions = { metadata: 'read', pull_requests: 'write', statuses: 'write' };

export function githubApi(options: GithubOptions): GithubApi {
  const { auth, log } = options;
  const baseUrl = options.baseUrl.replace(/\/+$/, '');
  const clock = options.clock ?? systemClock;
  const fetch = githubFetch({ clock, log });
  const plain = bareOctokit(baseUrl, fetch, log);
  const tokens = 'token' in auth ? fixedToken(auth.token) : installationTokens({ ...auth, clock, octokit: plain });
  /** Who must rest until when, on the monotonic clock: asking on while GitHub says no can get an App banned. */
  const restsUntil = new Map<string, number>();

  const guarded = async <T>(asked: Asked, work: () => Promise<T>): Promise<T> => {
    const { signal } = asked.call;
    const restMs = (restsUntil.get(tokens.holder(asked.repository)) ?? 0) - clock.monotonic();
    if (restMs > 0) throw resting(asked.doing, restMs);
    try {
      return await untilAborted(signal, work);
    } catch (error) {
      if (signal.aborted) throw stopped(asked.doing, signal.reason);
      const ours = githubError(asked.doing, error, clock.now());
      const afterMs = afterMsOf(ours);
      if (afterMs !== undefined) restsUntil.set(tokens.holder(asked.repository), clock.monotonic() + afterMs);
      throw ours;
    }
  };

  return {
    baseUrl,
    ask: (asked, work) =>
      guarded(asked, async () => {
        const token = await tokens.token(asked.repository, asked.permissions);
        const github = octokitFor({ ...options, baseUrl, fetch, token, signal: asked.call.signal });
        try {
          return await work(github);
        } catch (error) {
          if (codeOf(githubError(asked.doing, error, clock.now())) === 'github/bad-credentials') tokens.forget(token);
          throw error;
        }
      }),
    token: (asked) => guarded(asked, () => tokens.token(asked.repository, asked.permissions)),
    login: (call) =>
      guarded({ doing: 'asking GitHub who we are', repository: '', permissions: {}, call }, async () => {
        if ('token' in auth) {
          const github = octokitFor({ ...options, baseUrl, fetch, token: auth.token, signal: call.signal });
          return (await github.rest.users.getAuthenticated()).data.login;
        }
        const authorization = `bearer ${await appJwt(appAuth({ ...auth, octokit: plain }))}`;
        const app = await plain.request('GET /app', { headers: { authorization }, request: { signal: call.signal } });
        return `${app.data?.slug ?? ''}[bot]`;
      }),
  };
}

interface OctokitNeeds extends GithubOptions {
  readonly fetch: typeof fetch;
  readonly token: Secret;
  readonly signal: AbortSignal;
}

function octokitFor(needs: OctokitNeeds): Github {
  const { log, paced = true } = needs;
  const octokit = new Github({
    baseUrl: needs.baseUrl,
    auth: needs.token.reveal(),
    userAgent: 'shining-wizard',
    log: quietLog(log),
    request: { fetch: needs.fetch, signal: needs.signal, log: quietLog(log) },
    // Limits are not waited out here: the loop knows better what to do meanwhile.
    throttle: {
      enabled: paced,
      id: needs.baseUrl,
      onRateLimit: (seconds) => log.warn('github.rate-limit', { seconds }),
      onSecondaryRateLimit: (seconds) => log.warn('github.secondary-rate-limit', { seconds }),
    },
    retry: { enabled: paced, doNotRetry: [400, 401, 403, 404, 409, 410, 422, 429, 451] },
  });
  octokit.hook.before('request', (request) => {
    request.headers['x-github-api-version'] = '2022-11-28';
    // A write whose answer was lost may have been done: only the caller knows how to look.
    request.request = { ...request.request, retries: request.method === 'GET' ? 2 : 0 };
  });
  octokit.hook.after('request', mustBeAnswer);
  return octokit;
}

interface Answered {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

/** Octokit hands on broken JSON as text, and redirects that were not followed as answers; neither may pass for one. */
function mustBeAnswer(response: Answered): void {
  if (response.status >= 300) throw Object.assign(new Error('redirected'), { response });
  const isJson = String(response.headers['content-type'] ?? '').startsWith('application/json');
  if (isJson && typeof response.data === 'string') throw brokenAnswer();
}

function bareOctokit(baseUrl: string, fetch: typeof globalThis.fetch, log: Log): Octokit {
  const octokit = new Octokit({
    baseUrl,
    userAgent: 'shining-wizard',
    log: quietLog(log),
    request: { fetch, log: quietLog(log) },
  });
  octokit.hook.after('request', mustBeAnswer);
  return octokit;
}

/** What Octokit has to say is for debugging: whatever matters comes to us as an answer. */
function quietLog(log: Log) {
  const say = (message: string): void => log.debug('github.octokit', { message });
  return { debug: say, info: say, warn: say, error: say };
}

async function untilAborted<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work(), aborted.promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

const stopped = (doing: string, cause: unknown): WizardError =>
  new WizardError(`${doing}: stopped before GitHub answered`, { code: 'github/stopped', remedy: 'try-again', cause });

const brokenAnswer = (): WizardError =>
  new WizardError('reading GitHub’s answer: it is broken JSON', {
    code: 'github/unexpected-answer',
    remedy: 'try-again',
  });

const resting = (doing: string, afterMs: number): WizardError =>
  new WizardError(`${doing}: GitHub asked us to rest, ${Math.ceil(afterMs / 1000)} s more`, {
    code: 'github/rate-limit',
    remedy: 'try-again',
    afterMs,
  });
