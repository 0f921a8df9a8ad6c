import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { host } from './docker.ts';
import { startOnFreePort } from './start-on-free-port.ts';

export interface Bind {
  readonly address: string;
  readonly port: number;
  readonly zone: string;
  readonly key: { readonly name: string; readonly algorithm: string; readonly secret: string };
  /** What `dig +short` prints, line by line. */
  dig(name: string, type: string): Promise<readonly string[]>;
  /** All of the zone, as a secondary would get it, but what it began with; each as `NAME TTL IN TYPE VALUE`. */
  records(): Promise<readonly string[]>;
  /** One signed update of these lines of nsupdate: `add NAME TTL TYPE VALUE`, `delete NAME TYPE`. */
  update(lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

export interface BindOptions {
  readonly zone?: string;
  /** Address that every name has which has none of its own. */
  readonly wildcard?: string;
}

/** A real name server on a loopback port, authoritative for one zone, that takes changes signed with the key. */
export async function startBind({ zone = 'preview.test', wildcard }: BindOptions = {}): Promise<Bind> {
  const folder = await mkdtemp(join(tmpdir(), 'bind-'));
  const key = { name: 'shining', algorithm: 'hmac-sha256', secret: randomBytes(32).toString('base64') };
  await mkdir(join(folder, 'data'));
  await writeFile(join(folder, 'data', 'zone'), firstRecords(zone, wildcard));
  const digAt = async (port: number, name: string, type: string): Promise<readonly string[]> => {
    const options = ['+short', '+tries=1', '+time=2', '-p', String(port)];
    for (let left = 4; ; left -= 1) {
      const said = await host(['dig', '@127.0.0.1', ...options, name, type]);
      const lines = said.split('\n').filter((line) => line !== '');
      const remarks = lines.filter((line) => line.startsWith(';'));
      if (remarks.length === 0) return lines;
      // Now and then it takes the server's own port for its question, and hears itself.
      if (left === 0) throw new Error(`asking for ${name}: ${remarks.join(' ')}`);
    }
  };
  const server = await startOnFreePort({
    ...{ folder, name: 'named' },
    async argv(port) {
      await writeFile(join(folder, 'named.conf'), settings({ folder, port, zone, key }));
      return ['named', '-g', '-c', join(folder, 'named.conf')];
    },
    answers: (port) =>
      digAt(port, zone, 'SOA').then(
        (lines) => lines.some((line) => line.startsWith(`ns.${zone}.`)),
        () => false,
      ),
  });
  const { port } = server;
  return {
    ...{ address: '127.0.0.1', port, zone, key },
    dig: (name, type) => digAt(port, name, type),
    async records() {
      const options = ['+noall', '+answer', '+tries=1', '-y', `${key.algorithm}:${key.name}:${key.secret}`];
      const said = await host(['dig', '@127.0.0.1', '-p', String(port), ...options, zone, 'AXFR']);
      const lines = said.split('\n').map((line) => line.replaceAll(/\s+/g, ' '));
      const first = ['', 'ns.', '*.'].map((name) => `${name}${zone}. `);
      return lines.filter((line) => line !== '' && !first.some((name) => line.startsWith(name)));
    },
    async update(lines) {
      const words = [`server 127.0.0.1 ${port}`, `zone ${zone}`, ...lines.map((line) => `update ${line}`), 'send', ''];
      await host(['nsupdate', '-y', `${key.algorithm}:${key.name}:${key.secret}`], { input: words.join('\n') });
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

const settings = ({ folder, port, zone, key }: Pick<Bind, 'port' | 'zone' | 'key'> & { folder: string }): string => `
key "${key.name}" { algorithm ${key.algorithm}; secret "${key.secret}"; };
options {
  directory "${join(folder, 'data')}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  notify no;
  dnssec-validation no;
  pid-file none;
  session-keyfile none;
};
controls { };
zone "${zone}" {
  type primary;
  file "zone";
  update-policy { grant ${key.name}. subdomain ${zone}. A AAAA CNAME TXT; };
  allow-transfer { key "${key.name}"; };
};
`;

const firstRecords = (zone: string, wildcard: string | undefined): string => `$TTL 60
@ IN SOA ns.${zone}. hostmaster.${zone}. 1 3600 600 86400 5
@ IN NS ns.${zone}.
ns IN A 127.0.0.1
${wildcard === undefined ? '' : `* IN A ${wildcard}\n`}`;
