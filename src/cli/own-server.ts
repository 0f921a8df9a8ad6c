import { findApiFile } from '../api/api-file.ts';
import type { Config } from '../config/config.ts';

type Address = Config['listen']['api'];
type Told = Pick<Config, 'dataDirectory' | 'listen'>;

const answerLimitMs = 5_000;

/**
 * Whether the server of this very data directory runs and it is who listens at this address. It proves itself by taking the token that it wrote
 * there itself; the gateway, which asks for none, by the answer that it alone gives to a host that nobody has.
 */
export async function isOwnServer(what: 'api' | 'gateway', { dataDirectory, listen }: Told): Promise<boolean> {
  const file = await findApiFile(dataDirectory);
  if (!file || file.url !== urlOf(listen.api)) return false;
  const { token } = file;
  const answer = await ask(`${file.url}/api/v1/environments`, { authorization: `Bearer ${token.reveal()}` });
  if (answer?.status !== 200 || what === 'api') return answer?.status === 200;
  const page = await ask(`${urlOf(listen.gateway)}/.wizard/status`, {});
  return page?.status === 404 && page.headers.get('x-robots-tag') === 'noindex, nofollow';
}

const urlOf = ({ host, port }: Address): string => `http://${host}:${port}`;

/** Missing: what listens there does not answer as a web server does, which is an answer too. */
async function ask(url: string, headers: Record<string, string>): Promise<Response | undefined> {
  const signal = AbortSignal.timeout(answerLimitMs);
  return fetch(url, { headers, signal, redirect: 'manual' }).catch((error: unknown) => {
    if (error instanceof TypeError || signal.aborted) return undefined;
    throw error;
  });
}
