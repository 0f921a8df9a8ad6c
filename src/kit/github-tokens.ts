import { createAppAuth } from '@octokit/auth-app';
import type { Octokit } from '@octokit/core';
import type { RepositoryRef } from '../domain/pull-request.ts';
import { WizardError } from '../domain/wizard-error.ts';
import type { Clock } from '../ports/clock.ts';
import { statusIn } from './github-errors.ts';
import { Secret } from './secret.ts';

export type Permissions = Readonly<Record<string, 'read' | 'write'>>;

/** A repository by its id or, before that is known, by its name alone. */
export type RepositoryAsked = RepositoryRef | string;

/** Where the tokens of our requests come from. */
export interface GithubTokens {
  /** A token for this repository and these permissions; the same one until it is about to end. */
  token(repository: RepositoryAsked, permissions: Permissions): Promise<Secret>;
  /** GitHub did not take it: the next call gets a new one. */
  forget(token: Secret): void;
  /** Whose limits are used up by requests for this repository. */
  holder(repository: RepositoryAsked): string;
}

/** One token that somebody made; as wide as they made it. */
export const fixedToken = (token: Secret): GithubTokens => ({
  token: async () => token,
  forget: () => undefined,
  holder: () => 'token',
});

interface AppTokens {
  readonly appId: number | string;
  readonly privateKey: Secret;
  readonly installationId?: number;
  readonly clock: Clock;
  /** Without credentials; the App's own are put on each request. */
  readonly octokit: Octokit;
}

/** GitHub ends a token after an hour; one that has less than this left is not handed out, so that a long fetch still ends. */
const spareMs = 10 * 60_000;

/** Tokens of an App's installation: narrowed to one repository and to what is needed, kept in memory for less than an hour. */
export function installationTokens(app: AppTokens): GithubTokens {
  const auth = appAuth(app);
  const installations = new Map<string, number>();
  const kept = new Map<string, Promise<{ token: Secret; endsAt: number }>>();

  const installationOf = async (repository: RepositoryAsked): Promise<number> => {
    const known = app.installationId ?? installations.get(keyOf(repository));
    if (known !== undefined) return known;
    const [owner = '', repo = ''] = nameOf(repository).split('/');
    const answer = await app.octokit.request('GET /repos/{owner}/{repo}/installation', {
      owner,
      repo,
      headers: { authorization: `bearer ${await appJwt(auth)}` },
    });
    installations.set(keyOf(repository), answer.data.id);
    return answer.data.id;
  };

  const fresh = async (repository: RepositoryAsked, permissions: Permissions) => {
    const installationId = await installationOf(repository);
    const only =
      typeof repository === 'string'
        ? { repositoryNames: [repository.split('/')[1] ?? repository] }
        : { repositoryIds: [Number(repository.id)] };
    try {
      const made = await auth({ type: 'installation', installationId, permissions, refresh: true, ...only });
      return { token: new Secret(made.token), endsAt: Date.parse(made.expiresAt) };
    } catch (error) {
      // The App may have been installed anew, with another number.
      if (statusIn(error) === 404) installations.delete(keyOf(repository));
      throw narrowingError(error, nameOf(repository), permissions);
    }
  };

  return {
    async token(repository, permissions) {
      const key = `${keyOf(repository)} ${JSON.stringify(permissions)}`;
      const before = kept.get(key);
      // Nothing is waited for between looking and keeping: who asks at the same time gets the same token.
      const known = before && (await before);
      if (known && known.endsAt - app.clock.now() > spareMs) return known.token;
      const meanwhile = kept.get(key);
      if (meanwhile && meanwhile !== before) return (await meanwhile).token;
      const making = fresh(repository, permissions);
      kept.set(key, making);
      making.catch(() => kept.delete(key));
      return (await making).token;
    },
    forget(token) {
      for (const [key, making] of kept) {
        making.then(
          (made) => made.token === token && kept.delete(key),
          () => kept.delete(key),
        );
      }
    },
    holder: (repository) => `installation ${app.installationId ?? installations.get(keyOf(repository)) ?? 'unknown'}`,
  };
}

/** The App speaking for itself: who it is, where it is installed. */
export async function appJwt(auth: ReturnType<typeof createAppAuth>): Promise<string> {
  try {
    return (await auth({ type: 'app' })).token;
  } catch (error) {
    throw new WizardError('signing as the GitHub App: the private key cannot be used', {
      code: 'github/bad-private-key',
      remedy: 'fix-setup',
      hint: 'Give wizard.yml the whole PEM file that GitHub made for the App.',
      cause: error,
    });
  }
}

export function appAuth(app: Pick<AppTokens, 'appId' | 'privateKey' | 'octokit'>): ReturnType<typeof createAppAuth> {
  return createAppAuth({
    appId: app.appId,
    privateKey: app.privateKey.reveal(),
    request: app.octokit.request,
    log: app.octokit.log,
  });
}

function narrowingError(error: unknown, name: string, permissions: Permissions): unknown {
  if (statusIn(error) !== 422) return error;
  const wanted = Object.entries(permissions).map(([what, how]) => `${what}: ${how}`);
  return new WizardError(`getting a token for ${name}: the App’s installation does not allow it`, {
    code: 'github/not-granted',
    remedy: 'fix-setup',
    hint: `Let the installation include ${name}, and grant the App ${wanted.join(', ')}.`,
    cause: error,
  });
}

const keyOf = (repository: RepositoryAsked): string => (typeof repository === 'string' ? repository : repository.id);
const nameOf = (repository: RepositoryAsked): string => (typeof repository === 'string' ? repository : repository.name);
