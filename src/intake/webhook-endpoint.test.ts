import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { Payload } from '../../demo/github-webhook.ts';
import { settleInRealTime } from '../../testing/conformance/settle.ts';
import { aMark, shop7 } from '../../testing/conformance/store-laws.ts';
import { allPullRequestPayloads, recordedPayload } from '../../testing/github/payloads.ts';
import { deliver, signedDelivery } from '../../testing/github/webhook.ts';
import { type ManualClock, manualClock } from '../../testing/manual-clock.ts';
import { silentLog } from '../../testing/silent-log.ts';
import type { EnvironmentId } from '../domain/claim.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { Secret } from '../kit/secret.ts';
import type { RepositorySetup } from '../ports/repositories.ts';
import type { DeliveryStore, Store } from '../ports/store.ts';
import { knownRepositories } from '../reconcile/known-repositories.ts';
import { openMemoryStore } from '../store/open-store.ts';
import { type Refusals, refusals } from './refusals.ts';
import { largestBody, webhookEndpoint } from './webhook-endpoint.ts';

const secret = "It's a Secret to Everybody";

interface Served {
  readonly url: string;
  readonly store: Store;
  readonly clock: ManualClock;
  readonly looked: EnvironmentId[];
  readonly refused: Refusals;
}

/** The endpoint on a real socket, over a real store. */
async function served(context: TestContext, deliveries?: Pick<DeliveryStore, 'record'>): Promise<Served> {
  const store = await openMemoryStore();
  const clock = manualClock();
  const looked: EnvironmentId[] = [];
  const log = silentLog();
  const refused = refusals({ clock, log });
  const setup = { name: 'acme/shop', environmentIds: () => aMark().ids } as unknown as RepositorySetup;
  const server = createServer(
    webhookEndpoint({
      secrets: [new Secret('another host'), new Secret(secret)],
      repositories: knownRepositories([setup]),
      deliveries: deliveries ?? store.deliveries,
      clock,
      log,
      refusals: refused,
      look: (id) => looked.push(id),
    }),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await store.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, store, clock, looked, refused };
}

const opened = { action: 'opened', number: 7, repository: { id: 1001, full_name: 'acme/shop' } };
const send = (url: string, payload: object, guid?: string, event = 'pull_request') =>
  deliver(url, signedDelivery({ secret, event, payload, ...(guid === undefined ? {} : { guid }) }));

test('a signed delivery is on disk and its pull request marked before it is answered', async (context) => {
  const { url, store, looked } = await served(context);
  assert.equal((await send(url, opened, 'g-1')).status, 202);
  const [kept] = await store.deliveries.list({ limit: 9 });
  assert.deepEqual([kept?.guid, kept?.decision, kept?.environment], ['g-1', 'look', shop7]);
  assert.deepEqual(looked, [shop7]);
});

test('every wrong signature is 401, counted, and nothing is stored', async (context) => {
  const { url, store, refused } = await served(context);
  const body = JSON.stringify(opened);
  const right = createHmac('sha256', secret).update(body).digest('hex');
  const cases: readonly { readonly because: string; readonly header?: string; readonly sent?: string }[] = [
    { because: 'it is missing' },
    { because: 'it is empty', header: '' },
    { because: 'its secret is another', header: `sha256=${createHmac('sha256', 'no').update(body).digest('hex')}` },
    { because: 'it is short', header: `sha256=${right.slice(0, 63)}` },
    { because: 'it is long', header: `sha256=${right}0` },
    { because: 'it is not hexadecimal', header: `sha256=${'z'.repeat(64)}` },
    { because: 'it is in upper case', header: `sha256=${right.toUpperCase()}` },
    { because: 'it names no algorithm', header: right },
    { because: 'it is SHA-1', header: `sha1=${right.slice(0, 40)}` },
    {
      because: 'the body was parsed and written anew',
      header: `sha256=${right}`,
      sent: JSON.stringify(opened, null, 1),
    },
  ];
  for (const { because, header, sent = body } of cases) {
    const headers = { 'x-github-event': 'pull_request', 'x-github-delivery': 'g' };
    const signed = header === undefined ? headers : { ...headers, 'x-hub-signature-256': header };
    const answer = await fetch(url, { method: 'POST', headers: signed, body: sent });
    assert.equal(answer.status, 401, because);
    await answer.text();
  }
  assert.deepEqual(await store.deliveries.list({ limit: 99 }), []);
  const counted = refused.all().map(({ status, reason, times }) => [status, times, /not signed/.test(reason)]);
  assert.deepEqual(counted.toSorted(), [
    [401, 1, true],
    [401, cases.length - 1, false],
  ]);
  assert.equal((await send(url, opened)).status, 202, 'the right one still passes');
});

test('what is signed but no webhook is 400', async (context) => {
  const { url, store, refused } = await served(context);
  for (const body of ['', '{', '[]', '"text"', '{"number":"seven"}', '\ufeff', '{"action":1}']) {
    const signature = `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
    const headers = { 'x-github-event': 'ping', 'x-github-delivery': 'g', 'x-hub-signature-256': signature };
    const answer = await fetch(url, { method: 'POST', headers, body });
    assert.equal(answer.status, 400, JSON.stringify(body));
    await answer.text();
  }
  assert.deepEqual(
    refused.all().map(({ status, times }) => [status, times]),
    [[400, 7]],
  );
  assert.deepEqual(await store.deliveries.list({ limit: 9 }), []);
});

test('a redelivery is a repeat, and a replay under a new GUID only looks again', async (context) => {
  const { url, store, looked } = await served(context);
  await send(url, opened, 'g-1');
  const again = await send(url, opened, 'g-1');
  assert.deepEqual(again, { status: 202, text: 'seen before\n' });
  assert.equal((await store.environments.find(shop7))?.requested, 1);
  await send(url, opened, 'g-2');
  const [replay, first] = await store.deliveries.list({ limit: 9 });
  assert.deepEqual([replay?.guid, replay?.sameBodyAs], ['g-2', first?.id]);
  assert.deepEqual([first?.guid, first?.sameBodyAs], ['g-1', undefined]);
  assert.equal((await store.environments.list()).length, 1);
  assert.equal((await store.environments.find(shop7))?.requested, 2);
  assert.deepEqual(await store.resources.live(), []);
  assert.deepEqual(looked, [shop7, shop7]);
});

test('a ping, an unknown event and a foreign repository are stored with the reason and mark nothing', async (context) => {
  const { url, store, looked } = await served(context);
  const foreign = { ...opened, repository: { id: 5, full_name: 'evil/shop' } };
  await send(url, { zen: 'Keep it logically awesome.' }, 'g-1', 'ping');
  await send(url, { action: 'sung', repository: opened.repository }, 'g-2', 'song');
  await send(url, foreign, 'g-3');
  const kept = (await store.deliveries.list({ limit: 9 })).toReversed();
  assert.deepEqual(
    kept.map(({ decision, reason }) => [decision, reason]),
    [
      ['ignored', 'a ping: the webhook is set up'],
      ['ignored', 'song events change no environment'],
      ['ignored', 'evil/shop is not among the repositories in wizard.yml'],
    ],
  );
  assert.deepEqual(await store.environments.list(), []);
  assert.deepEqual(looked, []);
});

test('every pull_request delivery as GitHub sends it ends in a decision, and what matters marks its pull request dirty', async (context) => {
  const { url, store, looked } = await served(context);
  const recorded = allPullRequestPayloads().map(({ payload }) => payload);
  // GitHub's examples have no `edited`: it is an `opened` that says what changed.
  const changes = { title: { from: 'Old' } };
  const edited: Payload = { ...recordedPayload('pull_request', 'opened'), action: 'edited', changes };
  const asked = new Map<string, boolean>();
  for (const payload of [...recorded, edited]) {
    const before = (await store.environments.find(shop7))?.requested ?? 0;
    const lookedBefore = looked.length;
    const action = String(payload['action']);
    const pull = { ...Object(payload['pull_request']), number: 7 };
    const repository = { ...Object(payload['repository']), ...opened.repository };
    assert.equal((await send(url, { ...payload, number: 7, pull_request: pull, repository })).status, 202);
    const [kept] = await store.deliveries.list({ limit: 1 });
    assert.match(kept?.reason ?? '', new RegExp(`\\b${action}\\b`));
    const requested = (await store.environments.find(shop7))?.requested ?? 0;
    asked.set(action, requested > before);
    assert.equal(kept?.decision, requested > before ? 'look' : 'ignored', action);
    assert.equal(looked.length - lookedBefore, requested - before, action);
  }
  const matter = [...asked.keys()].filter((action) => asked.get(action)).toSorted();
  const all = ['closed', 'converted_to_draft', 'edited', 'labeled', 'opened', 'ready_for_review', 'reopened'];
  assert.deepEqual(matter, [...all, 'synchronize', 'unlabeled']);
  assert.ok(asked.size > matter.length && recorded.length > 40);
});

test('a store that cannot write is 503, and nobody is told to look', async (context) => {
  const full = new WizardError('no', { code: 'store/unavailable', remedy: 'try-again' });
  const { url, looked } = await served(context, { record: () => Promise.reject(full) });
  assert.equal((await send(url, opened)).status, 503);
  assert.deepEqual(looked, []);
});

test('many at once are few transactions, and each has its own answer', async (context) => {
  const store = await openMemoryStore();
  context.after(() => store.close());
  const sizes: number[] = [];
  const gate = Promise.withResolvers<void>();
  const { url } = await served(context, {
    async record(batch) {
      sizes.push(batch.length);
      if (sizes.length === 1) await gate.promise;
      return store.deliveries.record(batch);
    },
  });
  const first = send(url, opened, 'g-0');
  await settleInRealTime(5000)(async () => sizes.length === 1);
  const others = Array.from({ length: 40 }, (_value, index) => send(url, opened, `g-${1 + (index % 20)}`));
  // Let all bodies arrive while the disk is busy: a ping of our own is answered only after they were heard.
  await fetch(url, { method: 'POST', body: 'x' }).then((answer) => answer.text());
  gate.resolve();
  const answers = await Promise.all([first, ...others]);
  assert.ok(answers.every(({ status }) => status === 202));
  assert.equal(answers.filter(({ text }) => text === 'seen before\n').length, 20);
  assert.equal((await store.deliveries.list({ limit: 99 })).length, 21);
  assert.ok(sizes.length < 20, `${sizes.length} transactions for 41 deliveries`);
});

/** Streams `bytes` and answers what was said, and how much had been taken by then. */
function stream(url: string, bytes: number, headers: Record<string, string> = {}) {
  const heard = Promise.withResolvers<IncomingMessage>();
  const closed = Promise.withResolvers<void>();
  const request = httpRequest(url, { method: 'POST', headers });
  request.on('response', (response) => heard.resolve(response.resume()));
  request.on('error', heard.reject);
  request.on('close', () => closed.resolve());
  const piece = Buffer.alloc(256 * 1024);
  let sent = 0;
  const more = (): void => {
    while (sent < bytes && !request.destroyed) {
      sent += piece.length;
      if (!request.write(piece)) return void request.once('drain', more);
    }
  };
  more();
  return { heard: heard.promise, closed: closed.promise, sent: () => sent, request };
}

test('a body over 25 MB is cut off while it streams', async (context) => {
  const { url, store, refused } = await served(context);
  const upload = stream(url, 50 * largestBody);
  const { statusCode } = await upload.heard;
  assert.equal(statusCode, 413);
  assert.ok(upload.sent() < 2 * largestBody, `${upload.sent()} bytes were taken`);
  await upload.closed;
  assert.deepEqual(await store.deliveries.list({ limit: 9 }), []);
  assert.deepEqual(
    refused.all().map(({ status, times }) => [status, times]),
    [[413, 1]],
  );
});

test('a body that does not end is 408, and its connection is closed', async (context) => {
  const { url, clock } = await served(context);
  const upload = stream(url, 1024);
  await settleInRealTime(5000)(async () => clock.pending === 1);
  await clock.advance(30_000);
  const { statusCode, headers } = await upload.heard;
  assert.equal(statusCode, 408);
  assert.equal(headers.connection, 'close');
  await upload.closed;
});

test('a sender that goes away leaves nothing waiting', async (context) => {
  const { url, clock } = await served(context);
  const upload = stream(url, 1024);
  upload.heard.catch(() => undefined);
  await settleInRealTime(5000)(async () => clock.pending === 1);
  upload.request.destroy();
  await settleInRealTime(5000)(async () => clock.pending === 0);
  assert.equal((await send(url, opened)).status, 202);
});
