/** Our gateway as a process of its own, as it runs in production. Argument: the port of the application. Says its port to the parent. */
import type { EnvironmentId } from '../../src/domain/claim.ts';
import { createGateway } from '../../src/gateway/gateway.ts';
import { systemClock } from '../../src/kit/clock.ts';
import type { HostEntry } from '../../src/ports/gateway.ts';
import type { Views } from '../../src/ports/requests.ts';
import { benchHost } from './bench-host.ts';

const quiet = (): void => undefined;
const views: Views = {
  find: async () => undefined,
  list: async () => [],
  timeline: async () => [],
  readLog: async () => undefined,
  watch: () => quiet,
};
const entry = (port: number): HostEntry => ({
  environment: 'shop-7' as EnvironmentId,
  endpoint: 'app',
  port,
  revision: 'a'.repeat(40),
});
// Among many others, as on a busy server.
const hosts = new Map(Array.from({ length: 500 }, (_, index) => [`app-shop-${index}.bench.example`, entry(1)]));
hosts.set(benchHost, entry(Number(process.argv[2])));
const gateway = createGateway({
  hosts: { find: (host) => hosts.get(host) },
  views,
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  clock: systemClock,
});
const { port } = await gateway.listen({ host: '127.0.0.1', port: 0 });
process.send?.(port);
process.on('disconnect', () => process.exit());
