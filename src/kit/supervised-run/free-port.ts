import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { WizardError } from '../../domain/wizard-error.ts';

/** Ports from `first` up to, but not with, `last`. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/**
 * Which kind gets which, so that none takes the port of another that is at rest. All below the range from which Linux gives ports to
 * clients, so that no connection of anyone takes one while its owner restarts.
 */
export const portRanges = {
  process: { first: 12_000, last: 26_000 },
  cache: { first: 26_000, last: 28_000 },
  database: { first: 28_000, last: 32_000 },
} as const satisfies Readonly<Record<string, PortRange>>;

const attempts = 200;

/** A loopback port that nobody listens on now and that is not in `taken`. */
export async function freePort(taken: ReadonlySet<number>, { first, last }: PortRange): Promise<number> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const port = randomInt(first, last);
    if (!taken.has(port) && (await isFree(port))) return port;
  }
  throw new WizardError(`looking for a free port between ${first} and ${last}: none found`, {
    code: 'process/no-port',
    remedy: 'try-again',
  });
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    return true;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    if (code === 'EADDRINUSE' || code === 'EACCES') return false;
    throw error;
  } finally {
    server.close();
  }
}
