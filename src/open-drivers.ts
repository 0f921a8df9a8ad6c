import type { Config } from './config/config.ts';
import type { RepositoryRef } from './domain/pull-request.ts';
import { stableHash } from './domain/stable-hash.ts';
import { WizardError } from './domain/wizard-error.ts';
import { logAnnouncer } from './drivers/announcers/log/log-announcer.ts';
import { pullRequestAnnouncer } from './drivers/announcers/pull-request/pull-request-announcer.ts';
import { slackAnnouncer } from './drivers/announcers/slack/slack-announcer.ts';
import { cacheDriver } from './drivers/cache/cache-driver.ts';
import { checkout } from './drivers/checkout/checkout.ts';
import { githubCodeHost } from './drivers/code-hosts/github/github-code-host.ts';
import { repositoryFolder } from './drivers/code-hosts/repository-folder/repository-folder.ts';
import { commandDriver } from './drivers/command/command-driver.ts';
import { type DataFilesDriver, dataFiles } from './drivers/data-files/data-files.ts';
import { type DatabaseDriver, databaseDriver } from './drivers/database/database-driver.ts';
import { processDriver } from './drivers/process/process-driver.ts';
import { openRouteDriver, type RouteDriver } from './drivers/route/route-driver.ts';
import { schemaChanges, schemaSnapshots } from './drivers/schema-changes/schema-drivers.ts';
import { systemClock } from './kit/clock.ts';
import { dropNetwork } from './kit/containers/private-network.ts';
import type { DiskGuard } from './kit/disk-guard.ts';
import { type GithubApi, githubApi } from './kit/github-api.ts';
import { poolInUse } from './kit/pool/pool-places.ts';
import { withServiceSecrets } from './kit/service-secrets.ts';
import { openMachineDrivers } from './open-machine-drivers.ts';
import type { Announcer } from './ports/announcer.ts';
import type { Log } from './ports/call.ts';
import type { CodeHost } from './ports/code-host.ts';
import type { RepositorySetup } from './ports/repositories.ts';
import type { DriverShared, ResourceDriver } from './ports/resource-driver.ts';

/** Code hosts by their name in `wizard.yml`, and the GitHub that some of them speak to. */
export interface CodeHosts {
  readonly hosts: ReadonlyMap<string, CodeHost>;
  readonly githubs: ReadonlyMap<string, GithubApi>;
}

export function openCodeHosts(config: Config, log: Log): CodeHosts {
  const hosts = new Map<string, CodeHost>();
  const githubs = new Map<string, GithubApi>();
  for (const [name, host] of Object.entries(config.codeHosts)) {
    if (host.kind === 'repository-folder') hosts.set(name, repositoryFolder({ path: host.path }));
    else {
      const api = githubApi({ baseUrl: host.baseUrl, auth: githubAuth(host), log });
      githubs.set(name, api);
      hosts.set(name, githubCodeHost(api));
    }
  }
  return { hosts, githubs };
}

function githubAuth(
  host: Extract<Config['codeHosts'][string], { kind: 'github' }>,
): Parameters<typeof githubApi>[0]['auth'] {
  if (host.token) return { token: host.token };
  if (host.appId && host.privateKey) return { appId: host.appId, privateKey: host.privateKey };
  throw new WizardError('signing in to GitHub: neither a token nor an app is given', {
    code: 'config/invalid',
    remedy: 'fix-setup',
  });
}

/** The setup of a repository by its id where that is known, else by its name: a rename changes nothing. */
export type SetupFor = (repository: RepositoryRef) => RepositorySetup | undefined;

/** The registry: every kind of resource that a plan can name, a line each. */
export interface OpenDrivers {
  readonly drivers: ReadonlyMap<string, ResourceDriver>;
  readonly route: RouteDriver;
  /** Clones of golden databases. */
  readonly database: DatabaseDriver;
  /** Copies of files. */
  readonly files: DataFilesDriver;
  /** Drops golden copies that no environment was made from. */
  tidy(): Promise<unknown>;
  /** Stops looking; what runs goes on and is taken up at the next start. */
  close(): Promise<void>;
}

export async function openDrivers(
  config: Config,
  setupFor: SetupFor,
  shared: DriverShared,
  log: Log,
  disk?: DiskGuard,
): Promise<OpenDrivers> {
  const base = { dataDir: config.dataDirectory, shared, clock: systemClock, log, disk };
  const secrets = await withServiceSecrets(config.secrets, config.dataDirectory);
  const runs = { ...base, instance: config.instance, secrets };
  const codeHostFor = (repository: RepositoryRef): CodeHost => {
    const setup = setupFor(repository);
    if (setup) return setup.host;
    throw new WizardError(`looking for the code host of ${repository.name}: it is not configured`, {
      code: 'config/unknown-repository',
      remedy: 'fix-setup',
      hint: 'Add it under "repositories" in wizard.yml.',
    });
  };
  const route = await openRouteDriver(base);
  const submodulesOf = (repository: RepositoryRef): readonly string[] =>
    config.repositories.find(({ name }) => name === setupFor(repository)?.name)?.submodules ?? [];
  const files = checkout({ ...base, codeHostFor, submodulesOf });
  const pool = await poolInUse(config.dataDirectory);
  const data = dataFiles({ ...base, ...(pool === undefined ? {} : { pool }), sources: config.dataSources });
  const command = commandDriver({ ...runs, keepReuseBytes: config.limits.keepReuseBytes });
  const process = processDriver(runs);
  const database = databaseDriver({ ...runs, spares: mostSpares(config) });
  const cache = cacheDriver(runs);
  const schemas = [schemaSnapshots(runs), schemaChanges(runs)];
  const machines = openMachineDrivers(config, runs);
  const own = [files, data, database, ...schemas, cache, command, process, route];
  const drivers: ResourceDriver[] = [...own, ...machines.drivers];
  return {
    drivers: new Map(drivers.map((driver) => [driver.kind, driver])),
    route,
    database,
    files: data,
    tidy: () => data.prune(),
    close: async () => {
      command.close();
      process.close();
      cache.close();
      const closing = [files, data, database, ...schemas, machines].map((one) => one.close());
      await Promise.all(closing);
      // Of all drivers: whoever closes last leaves it empty.
      await dropNetwork(config.instance);
    },
  };
}

/** Started copies that wait; sources without a golden copy have none to wait. */
const mostSpares = ({ dataSources }: Config): number =>
  Math.max(0, ...Object.values(dataSources).map(({ golden }) => golden?.spares ?? 0));

export function openAnnouncers(
  config: Config,
  { githubs }: Pick<CodeHosts, 'githubs'>,
  setupFor: SetupFor,
  log: Log,
): Announcer[] {
  const githubOf = new Map(config.repositories.map((one) => [one.name, githubs.get(one.codeHost)]));
  return config.announcers.map((announcer): Announcer => {
    if (announcer.kind === 'log') return logAnnouncer({ log });
    if (announcer.kind === 'pull-request') {
      return pullRequestAnnouncer({
        instance: config.instance,
        githubFor: (repository) => {
          const setup = setupFor(repository);
          return setup && githubOf.get(setup.name);
        },
      });
    }
    const { webhookUrl, token, channel, apiUrl } = announcer;
    const at = apiUrl === undefined ? {} : { apiUrl };
    if (webhookUrl)
      return { ...slackAnnouncer({ webhookUrl }), name: `slack webhook ${stableHash(webhookUrl.reveal(), 8)}` };
    if (token && channel)
      return { ...slackAnnouncer({ instance: config.instance, token, channel, ...at }), name: `slack ${channel}` };
    throw new WizardError('setting up Slack: neither a token with a channel nor a webhook is given', {
      code: 'config/invalid',
      remedy: 'fix-setup',
    });
  });
}
