import { createServer } from 'node:http';
import { listen } from '../src/kit/listen.ts';

/** A registry of images on this machine that is asked and never answers. */
export interface SilentRegistry {
  /** An image of it. */
  readonly image: string;
  /** Settled when somebody pulls it. */
  readonly asked: Promise<void>;
  close(): void;
}

export async function silentRegistry(): Promise<SilentRegistry> {
  const asked = Promise.withResolvers<void>();
  // What is no HTTP, such as the beginning of TLS, is left without an answer too.
  const server = createServer(() => asked.resolve());
  server.on('clientError', () => asked.resolve());
  const port = await listen(server, { host: '127.0.0.1', port: 0 });
  return {
    image: `127.0.0.1:${port}/of/nobody:1`,
    asked: asked.promise,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
