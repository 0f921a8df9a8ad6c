import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { pullRequestPayload, type SignedDelivery, signedDelivery } from '../../demo/github-webhook.ts';
import { aPullRequest, aSha } from '../../testing/builders.ts';

export const webhookSecret = 'only-for-this-benchmark';
export const connections = 200;
const pullRequests = 100;

export interface Load {
  /** How large one body is. */
  readonly bytes: number;
  /** As fast as it goes, every connection busy. Answers how many a second were accepted. */
  flood(ms: number): Promise<{ readonly accepted: number; readonly perSecond: number }>;
  /** So many a second, whatever the answers do; each wait is counted from when it was due. */
  steady(perSecond: number, ms: number): Promise<{ readonly accepted: number; readonly waits: readonly number[] }>;
  close(): Promise<void>;
}

/** Deliveries about many pull requests, each with an id of its own, over kept connections. */
export function loadOn(port: number): Load {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections, pipelining: 1 });
  const signed = Array.from({ length: pullRequests }, (_, index) => delivery(index + 1));
  let sent = 0;
  const send = async (): Promise<void> => {
    const one = signed[sent++ % signed.length];
    if (!one) throw new Error('there is nothing to send');
    const headers = { ...one.headers, 'x-github-delivery': randomUUID() };
    const { statusCode, body } = await pool.request({ path: '/webhooks', method: 'POST', headers, body: one.body });
    await body.dump();
    if (statusCode >= 300) throw new Error(`a delivery was answered ${statusCode}`);
  };
  return {
    bytes: signed[0]?.body.byteLength ?? 0,
    async flood(ms) {
      const began = performance.now();
      let accepted = 0;
      const visitor = async (): Promise<void> => {
        while (performance.now() - began < ms) {
          await send();
          accepted += 1;
        }
      };
      await Promise.all(Array.from({ length: connections }, visitor));
      return { accepted, perSecond: (accepted / (performance.now() - began)) * 1000 };
    },
    async steady(perSecond, ms) {
      const began = performance.now();
      const waits: number[] = [];
      const total = Math.floor((perSecond * ms) / 1000);
      const under: Promise<void>[] = [];
      while (under.length < total) {
        const due = began + (under.length / perSecond) * 1000;
        if (due > performance.now()) await new Promise((resolve) => setTimeout(resolve, 1));
        else under.push(send().then(() => void waits.push(performance.now() - due)));
      }
      await Promise.all(under);
      return { accepted: waits.length, waits };
    },
    close: () => pool.close(),
  };
}

function delivery(number: number): SignedDelivery {
  const pull = aPullRequest({ number, headSha: aSha(number) });
  return signedDelivery({
    secret: webhookSecret,
    event: 'pull_request',
    payload: pullRequestPayload('synchronize', pull),
  });
}
