/** The real webhook endpoint over the embedded store, or the peer that stores nothing. Arguments: which, folder. Says its port to the parent. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { createNodeMiddleware, Webhooks } from '@octokit/webhooks';
import { memoryCodeHost } from '../../src/drivers/memory/memory-code-host.ts';
import { memoryWorld } from '../../src/drivers/memory/memory-world.ts';
import { refusals } from '../../src/intake/refusals.ts';
import { webhookEndpoint } from '../../src/intake/webhook-endpoint.ts';
import { systemClock } from '../../src/kit/clock.ts';
import { Secret } from '../../src/kit/secret.ts';
import { knownRepositories } from '../../src/reconcile/known-repositories.ts';
import { openEmbeddedStore } from '../../src/store/open-store.ts';
import { aRecipe, aRepository } from '../../testing/builders.ts';
import { memorySetup } from '../../testing/memory-heart.ts';
import { quiet } from '../quiet.ts';
import { webhookSecret } from './load.ts';

const [which = 'ours', folder = ''] = process.argv.slice(2);
const { listener, stored } = which === 'ours' ? await ours() : peer();
const server = createServer(listener);
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', () => void stored().then((count) => process.send?.(count)));
process.on('disconnect', () => process.exit());

async function ours(): Promise<{ listener: RequestListener; stored: () => Promise<number> }> {
  const store = await openEmbeddedStore(join(folder, 'wizard.sqlite'));
  const host = memoryCodeHost(memoryWorld(systemClock), { repositories: [aRepository] });
  const listener = webhookEndpoint({
    secrets: [new Secret(webhookSecret)],
    repositories: knownRepositories([memorySetup(host, aRecipe())]),
    deliveries: store.deliveries,
    clock: systemClock,
    log: quiet,
    refusals: refusals({ clock: systemClock, log: quiet }),
    look: () => undefined,
  });
  // Ids are counted from 1 and nothing is pruned here, so the newest is how many there are.
  return { listener, stored: async () => (await store.deliveries.list({ limit: 1 }))[0]?.id ?? 0 };
}

function peer(): { listener: RequestListener; stored: () => Promise<number> } {
  const webhooks = new Webhooks({ secret: webhookSecret });
  let count = 0;
  webhooks.on('pull_request', () => {
    count += 1;
  });
  const middleware = createNodeMiddleware(webhooks, { path: '/webhooks' });
  return { listener: (request, response) => void middleware(request, response), stored: async () => count };
}
