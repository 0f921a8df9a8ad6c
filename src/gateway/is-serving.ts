import { connect } from 'node:net';
import type { HostEntry } from '../ports/gateway.ts';
import { upstreamAddress } from './upstreams.ts';

const patienceMs = 1_000;

/** Whether something accepts connections behind the entry right now. Never throws. */
export function isServing(entry: HostEntry | undefined): Promise<boolean> {
  const port = entry?.port;
  if (port === undefined) return Promise.resolve(false);
  return new Promise((resolve) => {
    const socket = connect({ host: entry?.address ?? upstreamAddress, port, timeout: patienceMs });
    const settle = (served: boolean) => (): void => {
      socket.destroy();
      resolve(served);
    };
    socket.on('connect', settle(true)).on('error', settle(false)).on('timeout', settle(false));
  });
}
