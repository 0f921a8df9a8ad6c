import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';

/** A real web server on loopback whose answers a test changes, and that can go away and come back on its port. */
export interface HttpTarget {
  readonly port: number;
  /** Headers of the requests so far. */
  readonly asked: readonly IncomingHttpHeaders[];
  answer: RequestListener;
  stop(): Promise<void>;
  start(): Promise<void>;
}

export async function httpTarget(answer: RequestListener = (_, response) => void response.end('hello')) {
  const asked: IncomingHttpHeaders[] = [];
  let server: Server | undefined;
  const target = {
    port: 0,
    asked,
    answer,
    async start(): Promise<void> {
      server = createServer((request, response) => {
        asked.push(request.headers);
        target.answer(request, response);
      });
      await once(server.listen(target.port, '127.0.0.1'), 'listening');
      const address = server.address();
      if (typeof address === 'object' && address) target.port = address.port;
    },
    async stop(): Promise<void> {
      if (!server?.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  } satisfies HttpTarget;
  await target.start();
  return target;
}
