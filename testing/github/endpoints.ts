import type { Access, Bearer } from './access.ts';
import { commentEndpoints } from './comment-endpoints.ts';
import {
  branchNode,
  example,
  fullBranchNode,
  fullPullNode,
  type Node,
  problem,
  pullNode,
  repositoryNode,
} from './rendering.ts';
import type { GithubWorld, WorldRepository } from './world.ts';

/** A request that was found in order, with all an endpoint needs. */
export interface Asking {
  readonly route: string;
  readonly world: GithubWorld;
  readonly access: Access;
  readonly bearer: Bearer;
  readonly places: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Node;
  readonly accept: string;
  readonly nowMs: number;
  /** Throws when the route has none. */
  repository(): WorldRepository;
}

/** `items` is a list to be paged. Text is sent as it is, as raw content. */
export type Said =
  | { readonly status: number; readonly node: unknown }
  | { readonly status: number; readonly items: readonly Node[] }
  | { readonly status: number; readonly text: string };

export type Endpoint = (asking: Asking) => Said;

const repositoryEndpoints: Readonly<Record<string, Endpoint>> = {
  'GET /repos/{owner}/{repo}': (asking) => ({ status: 200, node: repositoryNode(asking.repository()) }),
  'GET /repos/{owner}/{repo}/pulls': (asking) => {
    const repository = asking.repository();
    const { query } = asking;
    const state = query.get('state') ?? 'open';
    const key = query.get('sort') === 'updated' ? 'updatedAt' : 'number';
    const falls = (query.get('direction') ?? (query.has('sort') && key !== 'number' ? 'asc' : 'desc')) === 'desc';
    const fitting = [...repository.pulls.values()].filter((pull) => state === 'all' || pull.state === state);
    const sorted = fitting.toSorted((a, b) => (a[key] < b[key] ? -1 : 1));
    const items = (falls ? sorted.toReversed() : sorted).map((pull) => pullNode(repository, pull));
    return { status: 200, items };
  },
  'GET /repos/{owner}/{repo}/pulls/{pull_number}': (asking) => {
    const pull = asking.repository().pulls.get(Number(asking.places['pull_number']));
    return pull ? { status: 200, node: fullPullNode(asking.repository(), pull) } : missing;
  },
  'GET /repos/{owner}/{repo}/branches': (asking) => {
    const items = [...asking.repository().branches]
      .sort()
      .map(([name, sha]) => branchNode(asking.repository(), name, sha));
    return { status: 200, items };
  },
  'GET /repos/{owner}/{repo}/branches/{branch}': (asking) => {
    const name = asking.places['branch'] ?? '';
    const sha = asking.repository().branches.get(name);
    return sha === undefined
      ? { status: 404, node: problem('Branch not found', '/branches/branches#get-a-branch') }
      : { status: 200, node: fullBranchNode(asking.repository(), name, sha) };
  },
  'GET /repos/{owner}/{repo}/contents/{path}': (asking) => contents(asking),
};

const appEndpoints: Readonly<Record<string, Endpoint>> = {
  'GET /repos/{owner}/{repo}/installation': (asking) => {
    const said = example('GET /repos/{owner}/{repo}/installation');
    return { status: 200, node: { ...said, id: asking.access.app.installationId } };
  },
  'POST /app/installations/{installation_id}/access_tokens': (asking) => installationToken(asking),
  'GET /app': ({ access }) => ({
    status: 200,
    node: { ...example('GET /app'), id: access.app.id, slug: access.app.slug },
  }),
  'GET /user': ({ bearer }) =>
    bearer.is === 'user' ? { status: 200, node: { ...example('GET /user'), login: bearer.login } } : forbidden,
  'GET /rate_limit': () => ({ status: 200, node: example('GET /rate_limit') }),
};

export const endpoints: Readonly<Record<string, Endpoint>> = {
  ...repositoryEndpoints,
  ...appEndpoints,
  ...commentEndpoints,
};

export const missing: Said = { status: 404, node: problem('Not Found') };
const forbidden: Said = { status: 403, node: problem('Resource not accessible by integration') };

function contents(asking: Asking): Said {
  const repository = asking.repository();
  const ref = asking.query.get('ref') ?? 'main';
  const path = asking.places['path'] ?? '';
  const text = repository.files.get(`${ref}:${path}`);
  const said = example('GET /repos/{owner}/{repo}/contents/{path}');
  const entry = (name: string): Node => {
    const { content, encoding, submodule_git_url, target, ...rest } = said;
    return { ...rest, name: name.split('/').at(-1), path: name };
  };
  if (text !== undefined) {
    if (asking.accept.includes('raw')) return { status: 200, text };
    return { status: 200, node: { ...said, path, content: Buffer.from(text).toString('base64'), size: text.length } };
  }
  const folder = path === '' ? `${ref}:` : `${ref}:${path}/`;
  const inside = [...repository.files.keys()]
    .filter((key) => key.startsWith(folder))
    .map((key) => key.slice(ref.length + 1));
  if (inside.length === 0 && !(path === '' && ref === 'main')) return missing;
  return { status: 200, node: inside.map(entry) };
}

/** Narrowed as asked; more than the installation has is refused. */
function installationToken({ access, world, body, places, nowMs }: Asking): Said {
  const { app } = access;
  if (Number(places['installation_id']) !== app.installationId) return missing;
  const wanted = (body['permissions'] ?? app.granted) as Record<string, string>;
  const isGranted = Object.entries(wanted).every(
    ([what, how]) => app.granted[what] === 'write' || app.granted[what] === how,
  );
  const all = [...world.repositories.values()];
  const ids = body['repository_ids'] as readonly number[] | undefined;
  const names = body['repositories'] as readonly string[] | undefined;
  const chosen = all.filter(
    ({ id, name }) => (ids?.includes(Number(id)) ?? true) && (names?.includes(name.split('/')[1] ?? '') ?? true),
  );
  const isThere = chosen.length >= (ids?.length ?? names?.length ?? 0);
  if (!isGranted || !isThere) return { status: 422, node: problem('The permissions or repositories are not granted') };
  const token = `ghs_${world.nextId()}`;
  const endsAt = nowMs + 3_600_000;
  access.tokens.set(token, {
    is: 'installation',
    login: `${app.slug}[bot]`,
    permissions: wanted,
    repositories: new Set(chosen.map(({ id }) => id)),
    endsAt,
  });
  const expires_at = new Date(endsAt).toISOString();
  return { status: 201, node: { token, expires_at, permissions: wanted, repository_selection: 'selected' } };
}
