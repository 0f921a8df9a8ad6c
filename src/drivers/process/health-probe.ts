import { connect } from 'node:net';
import { askHttp, connectionTrouble, type Health, type Probe } from '../../kit/http-question.ts';
import { noMask } from '../../kit/supervised-run/mask-secrets.ts';
import { readRunLog } from '../../kit/supervised-run/run-log.ts';
import type { ProcessSpec } from './process-spec.ts';

export interface ProbeTarget {
  readonly spec: Pick<ProcessSpec, 'health' | 'revision'>;
  readonly port: number;
  /** Where its log lies. */
  readonly directory: string;
}

/** The look that the spec asks for. It never throws: what goes wrong is what it saw. */
export function healthProbe({ spec, port, directory }: ProbeTarget): Probe {
  const { health } = spec;
  switch (health.by) {
    case 'http':
      // `localhost`, because frameworks that check the host let it in.
      return (signal) =>
        askHttp({ ...health, address: '127.0.0.1', port, host: `localhost:${port}`, revision: spec.revision }, signal);
    case 'tcp':
      return (signal) => askTcp(port, signal);
    case 'log':
      return searchLog(directory, health.contains);
    case 'running':
      return async () => ({ healthy: true });
  }
}

function askTcp(port: number, signal: AbortSignal): Promise<Health> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('error', (error) => resolve({ healthy: false, saw: connectionTrouble(port, error) }));
    socket.once('connect', () => {
      resolve({ healthy: true });
      socket.destroy();
    });
  });
}

/** Reads on where the last look ended, keeping as much as the text could have begun in. */
function searchLog(directory: string, contains: string): Probe {
  let from = 0;
  let kept = '';
  return async () => {
    const piece = await readRunLog(directory, from, { mask: noMask, ended: true });
    from = piece.next;
    const text = kept + piece.text;
    kept = text.slice(-(contains.length - 1) || text.length);
    if (text.includes(contains)) return { healthy: true };
    return { healthy: false, saw: `its log does not say ${JSON.stringify(contains)} yet` };
  };
}
