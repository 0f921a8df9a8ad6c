import { join } from 'node:path';
import { closePull, openPull, pushPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { systemClock } from '../src/kit/clock.ts';
import { browse, type Seen, until } from './browse.ts';
import type { Teller } from './claims.ts';
import { pullRequestPayload, signedDelivery } from './github-webhook.ts';
import { filesOf, isOpen, portsOf, processesOf, runsOf, type StagingSum, stagingSum } from './left-behind.ts';
import { checkLivePages, type Page } from './live-pages.ts';
import { edit, type Playground, repositoryName } from './playground.ts';
import { silent } from './silent.ts';
import { stagingOrders, stagingProducts } from './staging-dump.ts';

const number = 1;
const limitMs = 40_000;

/** What the story has in hand. */
export interface Stage {
  readonly ground: Playground;
  readonly tell: Teller;
  readonly host: string;
  readonly url: string;
  /** Where the application was seen to accept connections so far. */
  readonly ports: Set<number>;
  /** As it was when the application first answered. */
  staging?: StagingSum;
}

export function stage(ground: Playground, tell: Teller): Stage {
  const host = `app-shop-${number}.localhost`;
  return { ground, tell, host, url: `http://${host}:${ground.gatewayPort}/`, ports: new Set() };
}

const look = ({ ground, host }: Stage, path = '/', headers: Record<string, string> = {}): Promise<Seen> =>
  browse({ port: ground.gatewayPort, host, path, headers });

const head = (seen: Seen): string => String(seen.headers['x-wizard-revision'] ?? '');

/** Sends a webhook as GitHub would: full payload, event, delivery id, and a signature over the bytes. */
async function deliver(on: Stage, action: string, before?: string): Promise<void> {
  const { ground } = on;
  const call = { signal: AbortSignal.timeout(limitMs), log: silent };
  const repository = await ground.host.repository(repositoryName, call);
  const pull = await ground.host.findPullRequest(repository, number, call);
  if (!pull) throw new Error('the pull request is not there');
  const { headers, body } = signedDelivery({
    secret: ground.webhookSecret,
    event: 'pull_request',
    payload: pullRequestPayload(action, pull, before),
  });
  const answer = await browse({
    port: ground.apiPort,
    host: '127.0.0.1',
    path: '/webhooks',
    method: 'POST',
    headers,
    body,
  });
  if (answer.status !== 202) throw new Error(`the webhook was answered ${answer.status}: ${answer.body}`);
}

/** A pull request is opened: first the live page, then the application at that commit on its own data. */
export async function opened(on: Stage): Promise<string> {
  const { ground, tell } = on;
  const sha = await ground.commit('bright-prices', 'Make prices bright', (folder) =>
    edit(join(folder, 'assets/shop.css'), '#2563eb', '#c2410c'),
  );
  await openPull({ gitDir: ground.gitDir, number }, sha, {
    title: 'Make prices bright',
    author: 'mira',
    headRef: 'bright-prices',
  });
  tell.say(`pull request #${number} is opened at ${sha.slice(0, 7)}; the webhook is sent`);
  const began = systemClock.monotonic();
  // Somebody has the page open before the webhook is sent: nothing that is shown in between is missed.
  const waiting = watchedUntilReady(on, sha, began);
  await Promise.all([deliver(on, 'opened'), waiting]);
  const { pages, seen } = await waiting;
  checkLivePages(tell, pages);
  tell.say(`the application answers, ${((systemClock.monotonic() - began) / 1000).toFixed(2)} s after the webhook`);
  tell.check(
    'it runs exactly the head commit',
    head(seen) === sha && seen.headers['x-shop-revision'] === sha,
    head(seen).slice(0, 7),
  );
  const state = JSON.parse((await look(on, '/api/state')).body) as { products: number; orders: number };
  tell.check(
    'it has rows of staging data',
    state.products === stagingProducts && state.orders === stagingOrders,
    `${state.products} products, ${state.orders} orders`,
  );
  on.staging = await stagingSum(ground);
  await rememberPorts(on);
  return sha;
}

/** Reloads from before the host is known until the application answers; what was shown before that is the answer too. */
async function watchedUntilReady(on: Stage, sha: string, began: number): Promise<{ pages: Page[]; seen: Seen }> {
  const pages: Page[] = [];
  const seen = await until('the application', limitMs, async () => {
    const page = await look(on);
    if (page.status === 404) return undefined;
    if (pages.length === 0) on.tell.say(`open ${on.url}`);
    if (ready(page, sha)) return page;
    pages.push({ ...page, afterMs: Math.round(systemClock.monotonic() - began) });
    return undefined;
  });
  return { pages, seen };
}

const ready = (seen: Seen, sha: string): Seen | undefined =>
  seen.status === 200 && head(seen) === sha ? seen : undefined;

async function rememberPorts({ ground, ports }: Stage): Promise<void> {
  for (const port of await portsOf(ground.instance)) ports.add(port);
}

/** A reviewer orders something; the worker packs it; staging does not notice. */
export async function used(on: Stage): Promise<void> {
  const { ground, tell, host } = on;
  await browse({
    port: ground.gatewayPort,
    host,
    path: '/orders',
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'product=3',
  });
  const packed = await until('the worker to pack the order', limitMs, async () => {
    const state = JSON.parse((await look(on, '/api/state')).body) as { orders: number; packed: number };
    return state.orders === stagingOrders + 1 && state.packed === state.orders ? state : undefined;
  });
  tell.check('a reviewer orders, and the worker packs', true, `${packed.packed} packed`);
  const staging = await stagingSum(ground);
  tell.check(
    'staging did not notice: its dump and the copy made of it are as they were',
    staging.files >= 3 && staging.sum === on.staging?.sum,
    `${staging.files} files, ${staging.sum.slice(0, 7)}`,
  );
}

/** A push: the page changes, and not one request fails while it does. */
export async function pushed(on: Stage, before: string): Promise<string> {
  const { ground, tell } = on;
  const sha = await ground.commit('bright-prices', 'Name the shop', (folder) =>
    edit(join(folder, 'web.mjs'), 'Corner Shop', 'Bright Corner Shop'),
  );
  const failures: string[] = [];
  const counts = new Map<string, number>();
  let going = true;
  const visitor = async (): Promise<void> => {
    while (going) {
      const seen = await look(on).catch((error: unknown) => String(error));
      if (typeof seen === 'string') failures.push(seen);
      else if (seen.status !== 200) failures.push(`status ${seen.status}`);
      else counts.set(head(seen), (counts.get(head(seen)) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  };
  const visitors = [visitor(), visitor()];
  await pushPull({ gitDir: ground.gitDir, number }, sha);
  tell.say(`commit ${sha.slice(0, 7)} is pushed while two visitors keep reloading`);
  const began = systemClock.monotonic();
  await deliver(on, 'synchronize', before);
  await until('the new commit', limitMs, async () => ready(await look(on), sha));
  tell.say(`the new commit answers, ${((systemClock.monotonic() - began) / 1000).toFixed(2)} s after the webhook`);
  // The old processes must be gone too before we stop counting: that is when a request could still be lost.
  await until('the old processes to end', limitMs, async () =>
    (await runsOf(ground.instance)) === 2 ? true : undefined,
  );
  going = false;
  await Promise.all(visitors);
  const page = await look(on);
  tell.check('the page is the new one', page.body.includes('Bright Corner Shop'), head(page).slice(0, 7));
  tell.check(
    'not one request failed across the push',
    failures.length === 0,
    `${counts.get(before) ?? 0} answers by the old commit, ${counts.get(sha) ?? 0} by the new, ${failures.length} failed${failures[0] ? `: ${failures[0]}` : ''}`,
  );
  const state = JSON.parse((await look(on, '/api/state')).body) as { orders: number };
  await rememberPorts(on);
  tell.check('the data of the environment stayed', state.orders === stagingOrders + 1, `${state.orders} orders`);
  return sha;
}

/** The pull request is closed: everything goes, and is seen gone. */
export async function closed(on: Stage): Promise<void> {
  const { ground, tell } = on;
  await closePull({ gitDir: ground.gitDir, number }, { merged: true });
  tell.say('the pull request is merged and closed');
  const began = systemClock.monotonic();
  await deliver(on, 'closed');
  const receipt = await until('the receipt', limitMs, async () => {
    const answer = await browse({
      port: ground.apiPort,
      host: '127.0.0.1',
      path: '/api/v1/environments/shop-1',
      headers: { authorization: 'Bearer demo-token-for-this-folder-only', accept: 'application/json' },
    });
    const view = JSON.parse(answer.body) as { phase?: string; receipt?: { resources: { role: string }[] } };
    return view.phase === 'closed' ? view.receipt : undefined;
  });
  tell.say(
    `closed, ${((systemClock.monotonic() - began) / 1000).toFixed(2)} s after the webhook; receipt: ${receipt.resources.map(({ role }) => role).join(', ')}`,
  );
  tell.check(
    'the receipt lists what was made and is gone',
    receipt.resources.length >= 6,
    `${receipt.resources.length} resources`,
  );
  await nothingLeft(on);
}

export async function nothingLeft(on: Stage): Promise<void> {
  const { ground, tell, host } = on;
  const processes = await processesOf(ground.instance);
  tell.check('no process is left', processes.length === 0, processes.join('; ') || 'none');
  const ports = [...on.ports];
  const open = await Promise.all(ports.map(isOpen));
  tell.check(
    'no port is left open',
    // The push brought a second process, beside the first.
    ports.length >= 2 && !open.includes(true),
    ports.map((port, index) => `${port} ${open[index] ? 'is open' : 'refuses'}`).join(', '),
  );
  const files = await filesOf(ground.dataDir);
  tell.check('no directory or database is left', files.length === 0, files.join(', ') || 'none');
  const seen = await browse({ port: ground.gatewayPort, host });
  tell.check('the host is unknown', seen.status === 404, `status ${seen.status}`);
}
