import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { PullRequest } from '../src/domain/pull-request.ts';

/** A webhook as it goes over the wire: send exactly these bytes, the signature is over them. */
export interface SignedDelivery {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Signs a payload as GitHub does. The same `guid` again is a redelivery. */
export function signedDelivery(about: {
  readonly secret: string;
  readonly event: string;
  readonly payload: unknown;
  readonly guid?: string;
}): SignedDelivery {
  const body = Buffer.from(JSON.stringify(about.payload));
  const signature = createHmac('sha256', about.secret).update(body).digest('hex');
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': 'GitHub-Hookshot/0000000',
      'x-github-delivery': about.guid ?? randomUUID(),
      'x-github-event': about.event,
      'x-github-hook-id': '1',
      'x-hub-signature-256': `sha256=${signature}`,
    },
  };
}

/** Anything JSON: recorded payloads are used as they were recorded. */
export type Payload = { [key: string]: unknown };

/** A `pull_request` payload with everything GitHub sends, about this pull request. `before` is the head that a push replaced. */
export function pullRequestPayload(action: string, pull: PullRequest, before?: string): Payload {
  return filledPayload(recordedPayload(), action, pull, before);
}

/** Puts our repository, number, commits and texts in a recorded payload; what it says besides stays as recorded. */
export function filledPayload(recorded: Payload, action: string, pull: PullRequest, before?: string): Payload {
  const payload = renamed(structuredClone(recorded), recordedName(recorded), pull.repository.name);
  const repository = { ...record(payload['repository']), ...repositoryFields(pull.repository) };
  const said = record(payload['pull_request']);
  const isPush = action === 'synchronize' && before !== undefined;
  return {
    ...payload,
    action,
    number: pull.number,
    repository,
    pull_request: { ...said, ...pullFields(pull, said) },
    ...(isPush ? { before, after: pull.headSha } : {}),
  };
}

function pullFields(pull: PullRequest, said: Payload): Payload {
  const base = record(said['base']);
  const head = record(said['head']);
  const baseRepository = { ...record(base['repo']), ...repositoryFields(pull.repository) };
  const isOurs = pull.headRepositoryId === pull.repository.id;
  const fork = { ...baseRepository, id: numeric(pull.headRepositoryId), fork: true, full_name: `${pull.author}/fork` };
  const headRepository = pull.headRepositoryId === null ? null : isOurs ? baseRepository : fork;
  return {
    number: pull.number,
    title: pull.title,
    html_url: pull.url,
    state: pull.state,
    draft: pull.draft,
    merged: pull.merged,
    merged_at: pull.merged ? pull.updatedAt : null,
    closed_at: pull.state === 'closed' ? pull.updatedAt : null,
    updated_at: pull.updatedAt,
    user: { ...record(said['user']), login: pull.author },
    labels: pull.labels.map((name, index) => ({
      id: index + 1,
      name,
      color: 'ededed',
      default: false,
      description: null,
    })),
    head: { ...head, ref: pull.headRef, sha: pull.headSha, repo: headRepository },
    base: { ...base, ref: pull.baseRef, repo: baseRepository },
  };
}

const repositoryFields = (repository: PullRequest['repository']): Payload => ({
  id: numeric(repository.id),
  name: repository.name.split('/')[1] ?? repository.name,
  full_name: repository.name,
});

/** Every address in the payload speaks of our repository too. Names of repositories need no escaping in JSON. */
function renamed(payload: Payload, from: string, to: string): Payload {
  return JSON.parse(JSON.stringify(payload).replaceAll(from, to));
}

const recordedName = (payload: Payload): string => String(record(payload['repository'])['full_name']);

const record = (value: unknown): Payload =>
  typeof value === 'object' && value !== null ? { ...(value as Payload) } : {};

function recordedPayload(): Payload {
  return JSON.parse(readFileSync(new URL('./recorded/pull-request-payload.json', import.meta.url), 'utf8'));
}

/** GitHub's ids are numbers; those of a folder of repositories are not, and stay text. */
const numeric = (id: string | null): number | string | null => (id !== null && /^\d+$/.test(id) ? Number(id) : id);
