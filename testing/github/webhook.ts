import { filledPayload, type Payload, type SignedDelivery, signedDelivery } from '../../demo/github-webhook.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { allPayloads, recordedPayload } from './payloads.ts';

export { type SignedDelivery, signedDelivery };

/** The payload GitHub sends for this action, as it was recorded, but about this pull request. */
export function webhookFor(action: string, pull: PullRequest, before?: string): Payload {
  const hasItsOwn = allPayloads().some((one) => one.event === 'pull_request' && one.action === action);
  return filledPayload(recordedPayload('pull_request', hasItsOwn ? action : 'opened'), action, pull, before);
}

/** Posts a delivery and answers what the receiver said. */
export async function deliver(url: string, delivery: SignedDelivery): Promise<{ status: number; text: string }> {
  const answer = await fetch(url, { method: 'POST', headers: delivery.headers, body: new Uint8Array(delivery.body) });
  return { status: answer.status, text: await answer.text() };
}
