import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { createAdaptorServer } from '@hono/node-server';
import { type ApiWorld, createApiWorld } from './api-world.ts';

/** The API of a small world on a real socket of this machine, until the test ends. */
export async function serveWorld(
  context: TestContext,
  world: ApiWorld = createApiWorld(),
): Promise<{ world: ApiWorld; url: string; close: () => Promise<void>; dropConnections: () => void }> {
  const server = createAdaptorServer({ fetch: world.app.fetch });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const dropConnections = (): void => {
    if ('closeAllConnections' in server) server.closeAllConnections();
  };
  let open = true;
  const close = async (): Promise<void> => {
    if (!open) return;
    open = false;
    const closed = once(server, 'close');
    server.close();
    dropConnections();
    await closed;
  };
  context.after(close);
  return { world, url: `http://127.0.0.1:${port}`, close, dropConnections };
}
