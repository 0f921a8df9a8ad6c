import { createPublicKey, generateKeyPairSync, type KeyObject, verify } from 'node:crypto';
import type { RepositoryId } from '../../src/domain/pull-request.ts';

/** Who asks, by the token they show. */
export type Bearer =
  | { readonly is: 'user'; readonly login: string }
  | { readonly is: 'app' }
  | {
      readonly is: 'installation';
      readonly login: string;
      readonly permissions: Readonly<Record<string, string>>;
      readonly repositories: ReadonlySet<RepositoryId>;
      readonly endsAt: number;
    };

/** The App that is registered on the stand-in; `privateKey` is what its owner downloaded. */
export interface StandInApp {
  readonly id: number;
  readonly slug: string;
  readonly privateKey: string;
  readonly installationId: number;
  /** What the installation was granted: a token cannot ask for more. */
  granted: Record<string, 'read' | 'write'>;
}

export interface Access {
  readonly app: StandInApp;
  readonly tokens: Map<string, Bearer>;
  /** Undefined: nobody we know. */
  who(authorization: string | undefined, nowMs: number): Bearer | undefined;
}

export function access(): Access {
  const { privateKey, key } = appKey();
  const app: StandInApp = {
    id: 77,
    slug: 'shining-wizard',
    privateKey,
    installationId: 4242,
    granted: { metadata: 'read', contents: 'read', pull_requests: 'write', statuses: 'write' },
  };
  const tokens = new Map<string, Bearer>([['a-person-token', { is: 'user', login: 'wizard-user' }]]);
  return {
    app,
    tokens,
    who(authorization, nowMs) {
      const [scheme = '', token = ''] = (authorization ?? '').split(' ');
      if (!['bearer', 'token'].includes(scheme.toLowerCase())) return undefined;
      if (token.split('.').length === 3) return isSigned(token, key, app.id) ? { is: 'app' } : undefined;
      const known = tokens.get(token);
      return known?.is === 'installation' && known.endsAt <= nowMs ? undefined : known;
    },
  };
}

let made: { readonly privateKey: string; readonly key: KeyObject } | undefined;

/** One for the whole process: making one takes a while. */
function appKey() {
  if (made) return made;
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  made = { privateKey, key: createPublicKey(publicKey) };
  return made;
}

/** GitHub takes an App's word for ten minutes at most. Octokit signs by the time of the machine, so that is what counts here. */
function isSigned(token: string, key: KeyObject, appId: number): boolean {
  const nowMs = Date.now();
  const [head = '', claims = '', signature = ''] = token.split('.');
  const said = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'));
  const isInTime = said.exp * 1000 > nowMs && said.exp - said.iat <= 660;
  const isGenuine = verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url'));
  return isGenuine && isInTime && String(said.iss) === String(appId);
}

/** What a request needs, as GitHub's pages list it. */
export function needed(route: string): { readonly what: string; readonly how: 'read' | 'write' } | 'app' | 'anyone' {
  const [method, path = ''] = route.split(' ');
  if (path.startsWith('/app') || path.endsWith('/installation')) return 'app';
  if (path === '/user' || path === '/rate_limit') return 'anyone';
  const how = method === 'GET' ? 'read' : 'write';
  if (path.includes('/contents/') || path.includes('/branches')) return { what: 'contents', how };
  if (path.includes('/statuses')) return { what: 'statuses', how };
  if (path.includes('/pulls') || path.includes('/comments')) return { what: 'pull_requests', how };
  return { what: 'metadata', how };
}

export function mayDo(bearer: Bearer, route: string, repository: RepositoryId | undefined): 'yes' | 'no' | 'unseen' {
  const need = needed(route);
  if (need === 'app') return bearer.is === 'app' ? 'yes' : 'no';
  if (bearer.is === 'app') return 'no';
  if (need === 'anyone' || bearer.is === 'user') return 'yes';
  if (repository !== undefined && !bearer.repositories.has(repository)) return 'unseen';
  const has = need.what === 'metadata' ? 'read' : bearer.permissions[need.what];
  return has === 'write' || (has === 'read' && need.how === 'read') ? 'yes' : 'no';
}
