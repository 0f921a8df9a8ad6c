import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../kit/secret.ts';

/** Whether `X-Hub-Signature-256` is the HMAC of exactly these bytes. Constant time; a short or strange header is just false. */
export function isSigned(body: Uint8Array, header: string | undefined, secret: Secret): boolean {
  const match = /^sha256=([0-9a-f]{64})$/.exec(header ?? '');
  if (!match?.[1]) return false;
  const expected = createHmac('sha256', secret.reveal()).update(body).digest();
  return timingSafeEqual(expected, Buffer.from(match[1], 'hex'));
}
