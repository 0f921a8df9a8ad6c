import { type IncomingMessage, request } from 'node:http';
import { connect } from 'node:net';
import { shortSha } from '../../domain/pull-request.ts';
import { noMask } from '../../kit/supervised-run/mask-secrets.ts';
import { readRunLog } from '../../kit/supervised-run/run-log.ts';
import type { ProcessSpec } from './process-spec.ts';

/** What one look at a process tells. `saw` completes "waiting: …". */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly saw: string };
export type Probe = (signal: AbortSignal) => Promise<Health>;

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
      return (signal) => askHttp(port, { ...health, revision: spec.revision }, signal);
    case 'tcp':
      return (signal) => askTcp(port, signal);
    case 'log':
      return searchLog(directory, health.contains);
    case 'running':
      return async () => ({ healthy: true });
  }
}

interface HttpQuestion {
  readonly path: string;
  readonly status: number;
  readonly revisionHeader?: string | undefined;
  readonly revision: string;
}

function askHttp(port: number, question: HttpQuestion, signal: AbortSignal): Promise<Health> {
  return new Promise((resolve) => {
    // `localhost`, because frameworks that check the host let it in.
    const headers = { host: `localhost:${port}`, connection: 'close', 'user-agent': 'shining-wizard' };
    const { path } = question;
    const asking = request({ host: '127.0.0.1', port, path, headers, agent: false, signal }, (answer) => {
      resolve(judge(answer, question));
      answer.destroy();
    });
    asking.once('error', (error) => resolve({ healthy: false, saw: trouble(port, error) }));
    asking.end();
  });
}

function judge(answer: IncomingMessage, { path, status, revisionHeader, revision }: HttpQuestion): Health {
  if (answer.statusCode !== status)
    return { healthy: false, saw: `GET ${path} answers ${answer.statusCode ?? 'nothing'}, not ${status}` };
  if (revisionHeader === undefined) return { healthy: true };
  const said = answer.headers[revisionHeader.toLowerCase()];
  if (said === revision) return { healthy: true };
  const have = typeof said === 'string' ? said.slice(0, 60) : 'nothing';
  return { healthy: false, saw: `its header ${revisionHeader} says ${have}, not ${shortSha(revision)}` };
}

function askTcp(port: number, signal: AbortSignal): Promise<Health> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, signal });
    socket.once('error', (error) => resolve({ healthy: false, saw: trouble(port, error) }));
    socket.once('connect', () => {
      resolve({ healthy: true });
      socket.destroy();
    });
  });
}

function trouble(port: number, error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return `port ${port} does not answer yet`;
  if (code === 'ABORT_ERR') return `port ${port} takes the question but does not answer it`;
  if (code === 'ECONNRESET') return `port ${port} hangs up`;
  return `port ${port} does not speak HTTP (${typeof code === 'string' ? code : error.name})`;
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
