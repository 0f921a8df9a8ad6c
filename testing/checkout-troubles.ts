import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import type { JsonObject } from '../src/domain/json.ts';
import { checkout } from '../src/drivers/checkout/checkout.ts';
import { githubCodeHost } from '../src/drivers/code-hosts/github/github-code-host.ts';
import { repositoryFolder } from '../src/drivers/code-hosts/repository-folder/repository-folder.ts';
import { systemClock } from '../src/kit/clock.ts';
import { githubApi } from '../src/kit/github-api.ts';
import { Secret } from '../src/kit/secret.ts';
import type { CodeHost } from '../src/ports/code-host.ts';
import type { Observation } from '../src/ports/resource-driver.ts';
import { aCall, aClaim } from './builders.ts';
import { checkoutWorld } from './checkout-world.ts';
import { brokenBy, type ResourceWorld } from './conformance/resource-world.ts';
import { silentLog } from './silent-log.ts';

/** A checkout world with what can go wrong on the way to a code host: on real connections, with real git. */
export async function troubledCheckouts(): Promise<ResourceWorld> {
  const world = await checkoutWorld();
  const claim = aClaim({ role: 'checkout.00000003' });

  /** How a checkout by this code host, with nothing fetched before, comes out. */
  const from = async (host: CodeHost, spec: JsonObject = world.spec): Promise<Observation> => {
    const driver = checkout({
      dataDir: join(world.directory, 'elsewhere'),
      codeHostFor: () => host,
      shared: { changed: () => undefined },
      clock: systemClock,
      log: silentLog(),
    });
    try {
      return await brokenBy({ driver, settle: world.settle }, claim, spec);
    } finally {
      await driver.close();
    }
  };

  const folder = repositoryFolder({ path: join(world.directory, 'repositories') });
  const badCredentials = async (): Promise<Observation> => {
    await using refusing = await listening(createServer((_, answer) => answer.writeHead(401).end('{}')));
    const auth = { token: new Secret('a token of before') };
    return await from(githubCodeHost(githubApi({ baseUrl: refusing.url, auth, log: silentLog(), paced: false })));
  };
  const droppedConnection = async (): Promise<Observation> => {
    let asked = 0;
    await using dropping = await listening(
      createServer((request) => {
        asked += 1;
        request.socket.destroy();
      }),
    );
    const seen = await from({ ...folder, gitAccess: async () => ({ url: `${dropping.url}/acme/shop.git`, env: {} }) });
    if (asked === 0) throw new Error('git did not ask the server that drops connections');
    return seen;
  };
  return {
    ...world,
    troubles: [
      { what: 'bad credentials', remedy: 'fix-setup', provoke: badCredentials },
      { what: 'a dropped connection', remedy: 'try-again', provoke: droppedConnection },
      {
        what: 'a commit that nobody has',
        remedy: 'change-input',
        provoke: () => from(folder, world.specOf('ab'.repeat(20))),
      },
      {
        what: 'what is not a commit',
        remedy: 'change-input',
        provoke: () => world.driver.create(claim, world.specOf('HEAD'), aCall()),
      },
    ],
  };
}

async function listening(server: Server & { closeAllConnections(): void }) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose](): Promise<void> {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}
