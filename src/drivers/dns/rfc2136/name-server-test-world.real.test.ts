import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, test } from 'node:test';
import { freePort } from '../../../../testing/machine-bed/start-on-free-port.ts';
import { noNameServer, startNameServer } from './name-server-test-world.ts';

for (const kind of ['bind', 'knot', 'powerdns'] as const) {
  describe(`a ${kind} whose port somebody else was quicker to take`, { skip: noNameServer(kind) }, () => {
    test('is started on another', async (context) => {
      const quicker = createServer().listen(0, '127.0.0.1');
      await once(quicker, 'listening');
      context.after(() => quicker.close());
      const { port: taken } = quicker.address() as AddressInfo;
      const ports = [taken];
      const names = await startNameServer(kind, async () => ports.pop() ?? (await freePort()));
      context.after(() => names.close());
      assert.notEqual(names.server.port, taken);
      assert.deepEqual(await names.dig(`ns.${names.newZone()}`, 'A'), ['127.0.0.1']);
    });
  });
}
