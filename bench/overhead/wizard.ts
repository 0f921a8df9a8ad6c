import { browse, until } from '../../demo/browse.ts';
import { pullRequestPayload, signedDelivery } from '../../demo/github-webhook.ts';
import { filesOf, processesOf } from '../../demo/left-behind.ts';
import { type Playground, repositoryName } from '../../demo/playground.ts';
import { readEvents } from '../../src/api/read-events.ts';
import { quiet } from '../quiet.ts';
import { untilServes } from './until-serves.ts';

/**
 * Sends the webhook of what happened, and answers the milliseconds until the application at this commit answered through the gateway. It is
 * asked when the server tells that it is live, as a browser with the live page does, and as by hand nobody is asked during a build: on two
 * cores every request would be taken from what is built.
 */
export async function byWizard(
  ground: Playground,
  about: { readonly number: number; readonly sha: string; readonly action: 'opened' | 'synchronize' },
): Promise<number> {
  const told = await tellsWhenLive(ground, about);
  const began = await deliver(ground, about.number, about.action);
  await told.live;
  const host = `app-shop-${about.number}.localhost`;
  await untilServes(() => browse({ port: ground.gatewayPort, host }), 'x-wizard-revision', about.sha);
  return performance.now() - began;
}

/** Listens to what the server tells of all environments. */
async function tellsWhenLive(
  { apiPort }: Playground,
  { number, sha }: { readonly number: number; readonly sha: string },
): Promise<{ readonly live: Promise<void> }> {
  const stop = new AbortController();
  const { body } = await fetch(`http://127.0.0.1:${apiPort}/api/v1/events`, {
    headers: { authorization: 'Bearer demo-token-for-this-folder-only' },
    signal: AbortSignal.any([stop.signal, AbortSignal.timeout(60_000)]),
  });
  if (!body) throw new Error('the stream of events has no body');
  const listen = async (): Promise<void> => {
    for await (const { data } of readEvents(body)) {
      const { id, liveSha } = data as { readonly id?: string; readonly liveSha?: string };
      if (id === `shop-${number}` && liveSha === sha) break;
    }
    stop.abort();
  };
  return { live: listen() };
}

/** Closes it and waits until nothing of it is left, so that the next measurement has the machine to itself. */
export async function closeByWizard(ground: Playground, number: number): Promise<void> {
  await deliver(ground, number, 'closed');
  await until('nothing to be left', 30_000, async () => {
    const left = [...(await processesOf(ground.instance)), ...(await filesOf(ground.dataDir))];
    return left.length === 0 ? true : undefined;
  });
}

/** Answers when the webhook was sent: making it is the code host's work. */
async function deliver(ground: Playground, number: number, action: string): Promise<number> {
  const call = { signal: AbortSignal.timeout(30_000), log: quiet };
  const repository = await ground.host.repository(repositoryName, call);
  const pull = await ground.host.findPullRequest(repository, number, call);
  if (!pull) throw new Error(`there is no pull request ${number}`);
  const payload = pullRequestPayload(action, pull);
  const { headers, body } = signedDelivery({ secret: ground.webhookSecret, event: 'pull_request', payload });
  const began = performance.now();
  const to = { port: ground.apiPort, host: '127.0.0.1', path: '/webhooks', method: 'POST' };
  const { status } = await browse({ ...to, headers, body });
  if (status !== 202) throw new Error(`the webhook was answered ${status}`);
  return began;
}
