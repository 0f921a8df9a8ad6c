import { createServer } from 'node:http';
import { join } from 'node:path';
import { getRequestListener } from '@hono/node-server';
import { createApi } from './api/create-api.ts';
import { savedStates } from './bake/saved-states.ts';
import type { Config } from './config/config.ts';
import { secretsOf } from './config/secrets-of.ts';
import { configuredRepositories } from './configured-repositories.ts';
import type { EnvironmentId } from './domain/claim.ts';
import type { RepositoryRef } from './domain/pull-request.ts';
import { createGateway } from './gateway/gateway.ts';
import { hostTable, type LiveHostTable } from './host-table.ts';
import { refusals } from './intake/refusals.ts';
import { webhookEndpoint } from './intake/webhook-endpoint.ts';
import { systemClock } from './kit/clock.ts';
import { type DiskGuard, openDiskGuard } from './kit/disk-guard.ts';
import { listen } from './kit/listen.ts';
import { openPool } from './kit/pool/hold-pool.ts';
import { redactor } from './kit/redact.ts';
import { openBakes } from './open-bakes.ts';
import { openAnnouncers, openCodeHosts, openDrivers } from './open-drivers.ts';
import type { Log } from './ports/call.ts';
import type { Requests, Views } from './ports/requests.ts';
import { changes } from './reconcile/changes.ts';
import type { Heart } from './reconcile/heart.ts';
import { inventory } from './reconcile/inventory.ts';
import { knownRepositories } from './reconcile/known-repositories.ts';
import { type RunningHeart, startHeart } from './start-heart.ts';
import { type OwnedStore, openEmbeddedStore, openPostgresStore } from './store/open-store.ts';
import { version } from './version.ts';

/** The whole server, listening. */
export interface Assembled {
  readonly apiUrl: string;
  readonly gatewayPort: number;
  readonly views: Views;
  readonly requests: Requests;
  readonly store: OwnedStore;
  /** Answers no one any more, lets calls under way end, and leaves all environments running. */
  close(): Promise<void>;
}

/** Where webhooks are sent to on the API's address. */
export const webhookPath = '/webhooks';

/** Starts everything, or, when a part cannot start, leaves nothing of the others running. */
export async function assemble(config: Config, log: Log): Promise<Assembled> {
  const closers: Closer[] = [];
  const close = async (): Promise<void> => {
    for (let closer = closers.pop(); closer; closer = closers.pop()) await closer();
  };
  try {
    return { ...(await open(config, log, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Ends one part; the last that was opened is ended first. */
type Closer = () => Promise<void> | void;

/** The only place where the rooms meet, from top to bottom. */
async function open(config: Config, log: Log, closers: Closer[]): Promise<Omit<Assembled, 'close'>> {
  for (const secret of secretsOf(config)) redactor.add(secret);
  const ending = new AbortController();
  log.info('store.open', { database: config.databaseBecause });
  const disk = await openDiskGuard({ folder: config.dataDirectory, clock: systemClock, log });
  closers.push(() => disk.close());
  const store = await openStore(config, disk);
  closers.push(() => store.close());
  const pool = await openPool(config.dataDirectory, log);
  closers.push(() => pool.close());
  const news = changes();
  let running: RunningHeart | undefined;

  const codeHosts = openCodeHosts(config, log);
  const shared = {
    changed: ({ environment, role }: { environment: EnvironmentId; role: string }) =>
      running?.lookAt(environment, role),
  };
  const setupFor = (repository: RepositoryRef) => heart.repositories.of(repository);
  const outside = await openDrivers(config, setupFor, shared, log, disk);
  closers.push(() => outside.close());
  const bakes = openBakes({ config, store, ...outside, look: (id) => running?.look(id), log });
  closers.push(() => bakes.close());
  const hosts: LiveHostTable = await hostTable(store.environments, news, outside.route.targetFor);
  closers.push(() => hosts.stop());
  const setups = configuredRepositories({ config, codeHosts: codeHosts.hosts, bakes, isTaken: hosts.isTaken });
  const heart: Heart = {
    store,
    clock: systemClock,
    log,
    random: Math.random,
    drivers: outside.drivers,
    repositories: knownRepositories(setups),
    changes: news,
    inventory: inventory(),
  };
  running = startHeart(heart, {
    announcers: openAnnouncers(config, codeHosts, setupFor, log),
    ...config.limits,
    alsoTidy: outside.tidy,
  });
  const { views, requests, look, stop } = running;
  closers.push(stop);

  const keeper = outside.database.states;
  const states = savedStates({ keeper, store, requests, clock: systemClock, log });
  closers.push(() => states.close());

  const refused = refusals({ clock: systemClock, log });
  const about = { token: config.apiToken, log, version, disk: disk.state, bakes, states, refused: refused.all };
  const api = createApi({ requests, views, deliveries: store.deliveries, ...about, signal: ending.signal });
  const secrets = Object.values(config.codeHosts).map((host) => host.webhookSecret);
  const webhooks = webhookEndpoint({
    ...{ secrets, look, log, refusals: refused, deliveries: store.deliveries },
    repositories: heart.repositories,
    clock: systemClock,
  });
  const rest = getRequestListener(api.fetch);
  const apiServer = createServer((request, response) => {
    const isWebhook = request.method === 'POST' && request.url?.split('?')[0] === webhookPath;
    if (isWebhook) webhooks(request, response);
    else void rest(request, response);
  });
  closers.push(() => {
    ending.abort(new Error('the server is stopping'));
    apiServer.close();
    apiServer.closeAllConnections();
  });
  const gateway = createGateway({ hosts, views, log, clock: systemClock, scheme: config.publicUrl.scheme });
  closers.push(() => gateway.close());
  const apiAt = await listen(apiServer, config.listen.api);
  const gatewayAt = await gateway.listen(config.listen.gateway);
  return {
    apiUrl: `http://${config.listen.api.host}:${apiAt}`,
    gatewayPort: gatewayAt.port,
    views,
    requests,
    store,
  };
}

const openStore = (config: Config, disk: DiskGuard): Promise<OwnedStore> =>
  config.database
    ? openPostgresStore(config.database.reveal())
    : openEmbeddedStore(join(config.dataDirectory, 'wizard.sqlite'), disk.makeRoom);
