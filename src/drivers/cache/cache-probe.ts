import { connect } from 'node:net';
import { connectionTrouble, type Health, type Probe } from '../../kit/http-question.ts';
import type { Secret } from '../../kit/secret.ts';
import { type CacheSpec, cacheUserName } from './cache-spec.ts';

export interface CacheProbeAbout {
  readonly engine: CacheSpec['engine'];
  readonly port: number;
  /** Instead of the port. */
  readonly socket: string | undefined;
  readonly password: Secret | undefined;
}

/** Asks the cache something in its own protocol that it can only answer when it serves. It never throws. */
export const cacheProbe =
  ({ engine, port, socket: path, password }: CacheProbeAbout): Probe =>
  (signal) =>
    new Promise<Health>((resolve) => {
      const socket = connect(path === undefined ? { host: '127.0.0.1', port, signal } : { path, signal });
      let said = '';
      const end = (health: Health): void => {
        socket.destroy();
        resolve(health);
      };
      socket.on('error', (error) => end({ healthy: false, saw: connectionTrouble(port, error) }));
      socket.on('close', () => end({ healthy: false, saw: 'it closed the connection' }));
      socket.on('connect', () => socket.write(questionOf(engine, password)));
      socket.on('data', (bytes) => {
        said += bytes.toString('latin1');
        if (/^(\+PONG|VERSION \S+)\r$/m.test(said)) end({ healthy: true });
        else if (/^(-|CLIENT_ERROR|ERROR)/m.test(said))
          end({ healthy: false, saw: `it said ${said.slice(0, 100).trim()}` });
      });
    });

/** In memcached's text protocol one signs in by storing name and password under any key. */
function questionOf(engine: CacheSpec['engine'], password: Secret | undefined): string {
  if (engine === 'redis') return `${password ? `AUTH ${password.reveal()}\r\n` : ''}PING\r\n`;
  const proof = `${cacheUserName} ${password?.reveal()}`;
  return `${password ? `set auth 0 0 ${Buffer.byteLength(proof)}\r\n${proof}\r\n` : ''}version\r\n`;
}
