import { type IncomingMessage, request } from 'node:http';
import { shortSha } from '../domain/pull-request.ts';

/** What one look tells. `saw` completes "waiting: …". */
export type Health = { readonly healthy: true } | { readonly healthy: false; readonly saw: string };
export type Probe = (signal: AbortSignal) => Promise<Health>;

export interface HttpQuestion {
  readonly address: string;
  readonly port: number;
  /** The `Host` header. */
  readonly host: string;
  readonly path: string;
  readonly status: number;
  /** Response header that must say the revision; missing: none need. */
  readonly revisionHeader?: string | undefined;
  readonly revision: string;
}

/** One GET over a connection of its own. It follows nothing and never rejects: what goes wrong is what it saw. */
export function askHttp(question: HttpQuestion, signal: AbortSignal): Promise<Health> {
  return new Promise((resolve) => {
    const { address, port, host, path } = question;
    const headers = { host, connection: 'close', 'user-agent': 'shining-wizard' };
    const asking = request({ host: address, port, path, headers, agent: false, signal }, (answer) => {
      resolve(judge(answer, question));
      answer.destroy();
    });
    asking.once('error', (error) => resolve({ healthy: false, saw: connectionTrouble(port, error) }));
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

/** Why a port could not be asked, in words. */
export function connectionTrouble(port: number, error: Error): string {
  const code = 'code' in error ? error.code : undefined;
  if (code === 'ECONNREFUSED') return `port ${port} does not answer yet`;
  if (code === 'ABORT_ERR') return `port ${port} takes the question but does not answer it`;
  if (code === 'ECONNRESET') return `port ${port} hangs up`;
  if (code === 'EHOSTUNREACH' || code === 'ENETUNREACH' || code === 'ETIMEDOUT')
    return `port ${port} cannot be reached (${code})`;
  return `port ${port} does not speak HTTP (${typeof code === 'string' ? code : error.name})`;
}
