import { type Dispatcher, Pool } from 'undici';

/** Connections to applications on this machine, kept and used again by port. */
export interface Upstreams {
  at(port: number): Dispatcher;
  /** Ends all connections, also those in use. */
  close(): Promise<void>;
}

/** The loopback as the process driver checks it. */
export const upstreamAddress = '127.0.0.1';

/** Larger than the usual 16 KB: applications with many cookies exist, and each is one stranger's own. */
export const maxHeaderBytes = 32 * 1024;

export function createUpstreams(): Upstreams {
  const pools = new Map<number, Pool>();

  /** Ports come and go with every push; a pool without a connection is worth nothing. */
  const closeUnused = (): void => {
    for (const [port, pool] of pools) {
      const { connected, pending, running } = pool.stats;
      if (connected + pending + running > 0) continue;
      pools.delete(port);
      // It has nothing open, so it cannot fail; destroy also takes what is just being connected.
      void pool.close();
    }
  };
  return {
    at(port) {
      const known = pools.get(port);
      if (known) return known;
      closeUnused();
      const pool = new Pool(`http://${upstreamAddress}:${port}`, {
        pipelining: 1,
        // How long an answer may take is the application's and the visitor's business: reports, long polls, event streams.
        headersTimeout: 0,
        bodyTimeout: 0,
        connectTimeout: 5_000,
        maxHeaderSize: maxHeaderBytes,
      });
      pools.set(port, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
