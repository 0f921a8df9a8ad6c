import { readFileSync } from 'node:fs';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import type { WorldComment, WorldRepository, WorldStatus } from './world.ts';

export type Node = { [key: string]: unknown };

/** Answers are GitHub's own published examples with our facts in them, so they have every field that the real ones have. */
const examples: { [route: string]: unknown } = JSON.parse(
  readFileSync(new URL('./recorded/examples.json', import.meta.url), 'utf8'),
);

export function example(route: string): Node {
  const found = examples[route];
  const first: unknown = Array.isArray(found) ? found[0] : found;
  if (typeof first !== 'object' || first === null) throw new Error(`rendering: no example of ${route}`);
  return { ...(first as Node) };
}

export function repositoryNode(repository: WorldRepository): Node {
  const { parent, source, template_repository, ...rest } = about(example('GET /repos/{owner}/{repo}'), repository.name);
  return { ...rest, ...facts(repository), clone_url: repository.cloneUrl, default_branch: 'main', language: null };
}

/** As a listing shows it. */
export const pullNode = (repository: WorldRepository, pull: PullRequest): Node =>
  filled(example('GET /repos/{owner}/{repo}/pulls'), repository, pull);

/** As it is shown alone: with what GitHub works out only then. */
export const fullPullNode = (repository: WorldRepository, pull: PullRequest): Node => ({
  ...filled(example('GET /repos/{owner}/{repo}/pulls/{pull_number}'), repository, pull),
  merged: pull.merged,
});

function filled(template: Node, repository: WorldRepository, pull: PullRequest): Node {
  const said = about(template, repository.name);
  const { user } = said;
  const base = said['base'] as Node;
  const head = said['head'] as Node;
  const inside = { ...(base['repo'] as Node), ...facts(repository) };
  const fork = { ...inside, id: Number(pull.headRepositoryId), full_name: `${pull.author}/fork`, fork: true };
  const from = pull.headRepositoryId === null ? null : pull.headRepositoryId === repository.id ? inside : fork;
  return {
    ...said,
    id: Number(repository.id) * 10_000 + pull.number,
    number: pull.number,
    title: pull.title,
    html_url: pull.url,
    state: pull.state,
    locked: repository.locked.has(pull.number),
    active_lock_reason: null,
    draft: pull.draft,
    user: pull.author === 'ghost' ? null : { ...(user as Node), login: pull.author },
    labels: pull.labels.map((name, index) => ({ ...(said['labels'] as Node[])[0], id: index + 1, name })),
    requested_teams: [],
    merged_at: pull.merged ? pull.updatedAt : null,
    closed_at: pull.state === 'closed' ? pull.updatedAt : null,
    updated_at: pull.updatedAt,
    head: { ...head, sha: pull.headSha, ref: pull.headRef, label: `${pull.author}:${pull.headRef}`, repo: from },
    base: { ...base, ref: pull.baseRef, repo: inside },
  };
}

/** As a listing shows it. The example's protection lacks what GitHub's own description wants, and may be left out. */
export function branchNode(repository: WorldRepository, name: string, sha: string): Node {
  const { protection, ...said } = about(example('GET /repos/{owner}/{repo}/branches'), repository.name);
  return { ...said, name, commit: { ...(said['commit'] as Node), sha } };
}

/** As it is shown alone, with its commit. */
export function fullBranchNode(repository: WorldRepository, name: string, sha: string): Node {
  const said = about(example('GET /repos/{owner}/{repo}/branches/{branch}'), repository.name);
  return { ...said, name, commit: { ...(said['commit'] as Node), sha } };
}

export function commentNode(repository: WorldRepository, comment: WorldComment): Node {
  const said = about(example('GET /repos/{owner}/{repo}/issues/comments/{comment_id}'), repository.name);
  return {
    ...said,
    id: comment.id,
    body: comment.body,
    user: { ...(said['user'] as Node), login: comment.author },
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    issue_url: `https://api.github.com/repos/${repository.name}/issues/${comment.number}`,
    html_url: `https://github.com/${repository.name}/pull/${comment.number}#issuecomment-${comment.id}`,
  };
}

export function statusNode(repository: WorldRepository, status: WorldStatus): Node {
  const said = about(example('POST /repos/{owner}/{repo}/statuses/{sha}'), repository.name);
  return {
    ...said,
    id: status.id,
    state: status.state,
    context: status.context,
    description: status.description,
    target_url: status.targetUrl,
    creator: { ...(said['creator'] as Node), login: status.author },
    created_at: status.at,
    updated_at: status.at,
  };
}

export const problem = (message: string, page = ''): Node => ({
  message,
  documentation_url: `https://docs.github.com/rest${page}`,
});

const facts = (repository: WorldRepository): Node => ({
  id: Number(repository.id),
  name: repository.name.split('/')[1],
  full_name: repository.name,
});

const rendered = new Map<string, Node>();

/** The example, but every address in it speaks of this repository. Never changed, only spread: it is shared. */
function about(template: Node, name: string): Node {
  const key = `${String(template['url'])} ${Object.keys(template).join()} ${name}`;
  const known = rendered.get(key);
  if (known) return known;
  const made: Node = JSON.parse(JSON.stringify(template).replaceAll('octocat/Hello-World', name));
  rendered.set(key, made);
  return made;
}
