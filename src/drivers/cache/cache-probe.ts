import { connect } from 'node:net';
import { connectionTrouble, type Health, type Probe } from '../../kit/http-question.ts';
import type { Secret } from '../../kit/secret.ts';
import type { CacheSpec } from './cache-spec.ts';

export interface CacheProbeAbout {
  readonly engine: CacheSpec['engine'];
  readonly port: number;
  readonly password: Secret | undefined;
}

/** Asks the cache something in its own protocol that it can only answer when it serves. It never throws. */
export const cacheProbe =
  ({ engine, port, password }: CacheProbeAbout): Probe =>
  (signal) =>
    new Promise<Health>((resolve) => {
      const socket = connect({ host: '127.0.0.1', port, signal });
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
        else if (/^-/m.test(said)) end({ healthy: false, saw: `it said ${said.slice(0, 100).trim()}` });
      });
    });

const questionOf = (engine: CacheSpec['engine'], password: Secret | undefined): string =>
  engine === 'memcached' ? 'version\r\n' : `${password ? `AUTH ${password.reveal()}\r\n` : ''}PING\r\n`;
