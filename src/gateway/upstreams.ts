import { type Dispatcher, Pool } from 'undici';

/** Where an application answers. */
export interface Upstream {
  readonly port: number;
  /** Missing: this machine. */
  readonly address?: string;
}

/** Connections to applications, kept and used again by address and port. */
export interface Upstreams {
  at(upstream: Upstream): Dispatcher;
  /** Ends all connections, also those in use. */
  close(): Promise<void>;
}

/** The loopback as the process driver checks it. */
export const upstreamAddress = '127.0.0.1';

/** Larger than the usual 16 KB: applications with many cookies exist, and each is one stranger's own. */
export const maxHeaderBytes = 32 * 1024;

const originOf = ({ address = upstreamAddress, port }: Upstream): string =>
  `http://${address.includes(':') ? `[${address}]` : address}:${port}`;

export function createUpstreams(): Upstreams {
  const pools = new Map<string, Pool>();

  /** Ports come and go with every push; a pool without a connection is worth nothing. */
  const closeUnused = (): void => {
    for (const [origin, pool] of pools) {
      const { connected, pending, running } = pool.stats;
      if (connected + pending + running > 0) continue;
      pools.delete(origin);
      // It has nothing open, so it cannot fail; destroy also takes what is just being connected.
      void pool.close();
    }
  };
  return {
    at(upstream) {
      const origin = originOf(upstream);
      const known = pools.get(origin);
      if (known) return known;
      closeUnused();
      const pool = new Pool(origin, {
        pipelining: 1,
        // How long an answer may take is the application's and the visitor's business: reports, long polls, event streams.
        headersTimeout: 0,
        bodyTimeout: 0,
        connectTimeout: 5_000,
        maxHeaderSize: maxHeaderBytes,
      });
      pools.set(origin, pool);
      return pool;
    },
    async close() {
      await Promise.all([...pools.values()].map((pool) => pool.destroy()));
      pools.clear();
    },
  };
}
