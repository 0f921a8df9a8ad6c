import type { Asking, Endpoint, Said } from './endpoints.ts';
import { commentNode, problem, statusNode } from './rendering.ts';
import type { WorldComment } from './world.ts';

const longestComment = 65_536;
const mostStatuses = 1000;

/** Comments and statuses: what people see of us. */
export const commentEndpoints: Readonly<Record<string, Endpoint>> = {
  'GET /repos/{owner}/{repo}/issues/{issue_number}/comments': (asking) => {
    const number = Number(asking.places['issue_number']);
    const repository = asking.repository();
    if (!repository.pulls.has(number)) return notThere;
    const there = [...repository.comments.values()].filter((comment) => comment.number === number);
    return { status: 200, items: there.map((comment) => commentNode(repository, comment)) };
  },
  'POST /repos/{owner}/{repo}/issues/{issue_number}/comments': (asking) => {
    const number = Number(asking.places['issue_number']);
    const repository = asking.repository();
    if (!repository.pulls.has(number)) return notThere;
    if (repository.locked.has(number)) return lockedUp;
    const body = String(asking.body['body'] ?? '');
    if (body === '' || body.length > longestComment) return refused('Validation Failed');
    const at = asking.world.tick();
    const comment = { id: asking.world.nextId(), number, body, author: author(asking), createdAt: at, updatedAt: at };
    repository.comments.set(comment.id, comment);
    return { status: 201, node: commentNode(repository, comment) };
  },
  'GET /repos/{owner}/{repo}/issues/comments/{comment_id}': (asking) => {
    const comment = commentAt(asking);
    return comment ? { status: 200, node: commentNode(asking.repository(), comment) } : notThere;
  },
  'PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}': (asking) => {
    const comment = commentAt(asking);
    if (!comment) return notThere;
    if (asking.repository().locked.has(comment.number)) return lockedUp;
    const body = String(asking.body['body'] ?? '');
    if (body === '' || body.length > longestComment) return refused('Validation Failed');
    const edited = { ...comment, body, updatedAt: asking.world.tick() };
    asking.repository().comments.set(edited.id, edited);
    return { status: 200, node: commentNode(asking.repository(), edited) };
  },
  'DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}': (asking) => {
    const comment = commentAt(asking);
    if (!comment) return notThere;
    asking.repository().comments.delete(comment.id);
    return { status: 204, node: undefined };
  },
  'POST /repos/{owner}/{repo}/statuses/{sha}': (asking) => {
    const repository = asking.repository();
    const sha = asking.places['sha'] ?? '';
    const context = String(asking.body['context'] ?? 'default');
    const isKnown = [...repository.pulls.values()].some((pull) => pull.headSha === sha);
    const before = repository.statuses.filter((status) => status.sha === sha && status.context === context);
    if (!isKnown || before.length >= mostStatuses) return refused('Validation Failed');
    const status = {
      id: asking.world.nextId(),
      sha,
      context,
      state: String(asking.body['state']),
      description: textOrNull(asking.body['description']),
      targetUrl: textOrNull(asking.body['target_url']),
      author: author(asking),
      at: asking.world.tick(),
    };
    if (status.description !== null && status.description.length > 140) return refused('Validation Failed');
    repository.statuses.push(status);
    return { status: 201, node: statusNode(repository, status) };
  },
  'GET /repos/{owner}/{repo}/commits/{ref}/statuses': (asking) => {
    const repository = asking.repository();
    const there = repository.statuses.filter((status) => status.sha === asking.places['ref']).toReversed();
    return { status: 200, items: there.map((status) => statusNode(repository, status)) };
  },
};

const notThere: Said = { status: 404, node: problem('Not Found') };
const lockedUp: Said = { status: 403, node: problem('Unable to create comment because issue is locked.') };
const refused = (message: string): Said => ({ status: 422, node: { ...problem(message), errors: [] } });

const commentAt = (asking: Asking): WorldComment | undefined =>
  asking.repository().comments.get(Number(asking.places['comment_id']));

const author = ({ bearer }: Asking): string => ('login' in bearer ? bearer.login : 'unknown');
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
