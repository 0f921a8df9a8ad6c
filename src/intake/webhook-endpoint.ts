import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EnvironmentId } from '../domain/claim.ts';
import type { RepositoryId } from '../domain/pull-request.ts';
import { describeError } from '../domain/wizard-error.ts';
import type { Secret } from '../kit/secret.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { RepositorySetup } from '../ports/repositories.ts';
import type { DeliveryStore, NewDelivery, PullMark } from '../ports/store.ts';
import type { KnownRepositories } from '../reconcile/known-repositories.ts';
import { deliveryBatches } from './delivery-batches.ts';
import type { Refusals } from './refusals.ts';
import { isSigned } from './signature.ts';
import { type WebhookFacts, webhookDecision, webhookFacts } from './webhook-decision.ts';

/** GitHub sends nothing larger ("webhook events and payloads": 25 MB). */
export const largestBody = 25 * 1024 * 1024;
const bodyLimitMs = 30_000;

export interface WebhookEndpointOptions {
  /** Every secret that a delivery may be signed with: one for each code host. At least one. */
  readonly secrets: readonly Secret[];
  readonly repositories: KnownRepositories;
  readonly deliveries: Pick<DeliveryStore, 'record'>;
  readonly clock: Clock;
  readonly log: Log;
  /** Who counts what is refused. */
  readonly refusals: Refusals;
  /** Called when a pull request was marked, after it is on disk. */
  readonly look: (id: EnvironmentId) => void;
}

export interface Delivered {
  readonly event: string | undefined;
  readonly guid: string | undefined;
  readonly signature: string | undefined;
  readonly body: Uint8Array;
  /** `User-Agent`. */
  readonly sender?: string | undefined;
}

export interface Answer {
  readonly status: number;
  readonly message: string;
}

/** Verify, store the delivery and mark the pull request in one transaction, answer. Nothing else is on this path. */
export function webhookIntake(options: WebhookEndpointOptions): (delivered: Delivered) => Promise<Answer> {
  const record = deliveryBatches(options.deliveries);
  const { refusals: refused } = options;
  return async ({ event, guid, signature, body, sender }) => {
    const refuse = (status: number, message: string, reason = message): Answer => {
      refused.note({ status, reason, event, guid, sender });
      return { status, message };
    };
    if (!options.secrets.some((secret) => isSigned(body, signature, secret))) {
      const message = 'The signature in X-Hub-Signature-256 does not match the body and the webhook secret.';
      return refuse(401, message, signature === undefined ? 'It is not signed: no X-Hub-Signature-256.' : message);
    }
    const facts = webhookFacts(body);
    if (!event || !guid || guid.length > 200 || event.length > 200) {
      return refuse(400, 'X-GitHub-Event and X-GitHub-Delivery are needed.');
    }
    if (!facts) return refuse(400, 'The body is not the JSON of a webhook.');
    const delivery = newDelivery(options, event, guid, facts, body);
    try {
      const { environment, repeat } = await record(delivery);
      if (environment) options.look(environment);
      return { status: 202, message: repeat ? 'seen before' : delivery.reason };
    } catch (error) {
      options.log.error('webhook.not-stored', { guid, error: describeError(error) });
      return { status: 503, message: 'The delivery could not be stored; it will be found missing and looked for.' };
    }
  };
}

function newDelivery(
  options: WebhookEndpointOptions,
  event: string,
  guid: string,
  facts: WebhookFacts,
  body: Uint8Array,
): NewDelivery {
  const setup = facts.repositoryName === undefined ? undefined : options.repositories.byName(facts.repositoryName);
  const decision = webhookDecision(event, facts, setup !== undefined);
  return {
    guid,
    event,
    action: facts.action,
    repositoryName: facts.repositoryName,
    number: facts.number,
    receivedAt: options.clock.now(),
    body,
    ...decision,
    mark: decision.decision === 'look' && setup ? markOf(options.repositories, setup, facts) : undefined,
  };
}

/** The id that the code host gave us goes before the one in the body: the body is only a hint. */
function markOf(repositories: KnownRepositories, setup: RepositorySetup, facts: WebhookFacts): PullMark | undefined {
  const hinted =
    facts.repositoryId === undefined ? undefined : { id: facts.repositoryId as RepositoryId, name: setup.name };
  const repository = repositories.refOf(setup) ?? hinted;
  if (!repository || facts.number === undefined) return undefined;
  return { repository, number: facts.number, ids: setup.environmentIds(repository, facts.number) };
}

/** The endpoint over node:http: the body is cut off while it streams, before it can fill the memory. */
export function webhookEndpoint(
  options: WebhookEndpointOptions,
): (request: IncomingMessage, response: ServerResponse) => void {
  const { refusals: refused } = options;
  const intake = webhookIntake(options);
  return (request, response) => {
    const header = (name: string): string | undefined => {
      const value = request.headers[name];
      return typeof value === 'string' ? value : undefined;
    };
    const answer = ({ status, message }: Answer): void => {
      if (response.headersSent || response.destroyed) return;
      response.writeHead(status, {
        'content-type': 'text/plain; charset=utf-8',
        // What is left of a body that we did not read to its end must not be taken for the next request, nor waited for.
        ...(request.complete ? {} : { connection: 'close' }),
      });
      response.write(`${message}\n`);
      if (status === 413) readOn(request, options.clock, () => response.end());
      else response.end();
    };
    readBody(request, options.clock).then(
      async (body) => {
        const said = {
          event: header('x-github-event'),
          guid: header('x-github-delivery'),
          sender: header('user-agent'),
        };
        if (typeof body === 'string') {
          refused.note({ ...said, ...unread[body], reason: unread[body].message });
          return answer(unread[body]);
        }
        answer(await intake({ ...said, signature: header('x-hub-signature-256'), body }));
      },
      (error: unknown) => {
        options.log.info('webhook.aborted', { error: describeError(error) });
        response.destroy();
      },
    );
  };
}

/** Refused before it is known who sent it. */
const unread = {
  'too-large': { status: 413, message: 'Larger than 25 MB, which GitHub never sends.' },
  'too-slow': { status: 408, message: 'The body took too long.' },
} as const;

const readOnBytes = 8 * 1024 * 1024;
const readOnMs = 2000;

/** A connection that is closed with something unread in it is cut, and the sender may never hear why. */
function readOn(request: IncomingMessage, clock: Clock, then: () => void): void {
  let left = readOnBytes;
  const end = (): void => {
    cancel();
    request.removeAllListeners('data');
    then();
  };
  const cancel = clock.after(readOnMs, end);
  request.on('data', (piece: Uint8Array) => {
    left -= piece.byteLength;
    if (left < 0) end();
  });
  request.once('close', end);
  request.resume();
}

function readBody(request: IncomingMessage, clock: Clock): Promise<Uint8Array | 'too-large' | 'too-slow'> {
  return new Promise((resolve, reject) => {
    const pieces: Uint8Array[] = [];
    let size = 0;
    const cancel = clock.after(bodyLimitMs, () => end('too-slow'));
    const end = (body: Uint8Array | 'too-large' | 'too-slow'): void => {
      cancel();
      request.removeAllListeners('data');
      request.pause();
      resolve(body);
    };
    request.on('data', (piece: Uint8Array) => {
      size += piece.byteLength;
      if (size > largestBody) end('too-large');
      else pieces.push(piece);
    });
    // Most come in one piece; a copy of each would keep the garbage collector busy.
    request.on('end', () => end(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)));
    request.on('error', (error) => {
      cancel();
      reject(error);
    });
  });
}
