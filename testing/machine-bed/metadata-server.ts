import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { BedInstance } from './bed-instance.ts';
import { identityOf, lookUp, type MetadataFolder, metadataOf } from './metadata-tree.ts';

const versions = ['latest', '2009-04-04', '2016-09-02', '2018-09-24', '2021-03-23'];
const longestTtl = 21_600;

interface Answer {
  readonly status: number;
  readonly body?: string | Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface MetadataServer {
  /** `GET /latest/user-data 200`, in the order of asking. */
  readonly asked: readonly string[];
  close(): Promise<void>;
}

/** The instance metadata service of one instance, versions 1 and 2, on a unix socket: the machine's network leads there alone. */
export async function startMetadataServer(instance: BedInstance, socketPath: string): Promise<MetadataServer> {
  const asked: string[] = [];
  const tokens = new Map<string, number>();
  const tree: MetadataFolder = {
    'meta-data': metadataOf(instance),
    dynamic: { 'instance-identity': { document: identityOf(instance) } },
  };
  const server = createServer((request, response) => {
    const answer = answerTo(request, { instance, tree, tokens });
    asked.push(`${request.method} ${request.url} ${answer.status}`);
    write(response, answer);
  });
  server.listen(socketPath);
  await once(server, 'listening');
  return {
    asked,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface About {
  readonly instance: BedInstance;
  readonly tree: MetadataFolder;
  /** Token → until when it is good, in the time of `performance.now()`. */
  readonly tokens: Map<string, number>;
}

function answerTo(request: IncomingMessage, about: About): Answer {
  if (about.instance.metadataEnabled === false) return { status: 403 };
  const [, version = '', ...rest] = decodeURIComponent((request.url ?? '/').split('?')[0] ?? '').split('/');
  const path = rest.join('/');
  if (request.method === 'PUT') return path === 'api/token' ? newToken(request, about.tokens) : { status: 405 };
  if (request.method !== 'GET') return { status: 405 };
  const token = request.headers['x-aws-ec2-metadata-token'];
  const isGood = typeof token === 'string' && (about.tokens.get(token) ?? 0) > performance.now();
  if (!isGood && (token !== undefined || about.instance.tokensRequired)) return { status: 401 };
  if (version === '') return { status: 200, body: versions.join('\n') };
  if (!versions.includes(version)) return { status: 404 };
  if (path === '') return { status: 200, body: 'dynamic\nmeta-data\nuser-data' };
  if (path === 'user-data') return userData(about.instance);
  const body = path.startsWith('meta-data')
    ? lookUp(about.tree['meta-data'] as MetadataFolder, path.slice('meta-data'.length), about.instance.keyName)
    : lookUp(about.tree, path);
  return body === undefined ? { status: 404 } : { status: 200, body };
}

const userData = ({ userData: body }: BedInstance): Answer =>
  body.length === 0 ? { status: 404 } : { status: 200, body, headers: { 'content-type': 'application/octet-stream' } };

function newToken(request: IncomingMessage, tokens: Map<string, number>): Answer {
  const seconds = Number(request.headers['x-aws-ec2-metadata-token-ttl-seconds']);
  // A token is not given to those who were led here by a proxy.
  if (request.headers['x-forwarded-for'] !== undefined) return { status: 403 };
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTtl) return { status: 400 };
  const token = randomBytes(40).toString('base64');
  tokens.set(token, performance.now() + seconds * 1000);
  return { status: 200, body: token, headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(seconds) } };
}

function write(response: ServerResponse, { status, body = '', headers = {} }: Answer): void {
  response.writeHead(status, { 'content-type': 'text/plain', server: 'EC2ws', ...headers });
  response.end(body);
}
