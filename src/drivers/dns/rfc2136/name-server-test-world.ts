import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startOnFreePort } from '../../../../testing/machine-bed/start-on-free-port.ts';
import { realPart } from '../../../../testing/real-part.ts';
import { runCommand } from '../../../kit/run-command.ts';
import { Secret } from '../../../kit/secret.ts';
import type { ServerAddress } from './exchange.ts';
import type { TsigKey } from './tsig.ts';
import { opcode } from './wire.ts';

/** A real name server on a loopback port, with many empty zones, so that each test has one of its own. */
export interface TestNameServer {
  readonly server: ServerAddress;
  /** May change A, AAAA and TXT records, as docs/dns.md says. */
  readonly key: TsigKey;
  /** May read the zones and change nothing. */
  readonly weakKey: TsigKey;
  newZone(): string;
  /** What `dig +short` prints, line by line. */
  dig(name: string, type: string): Promise<readonly string[]>;
  /** Lines for `nsupdate`, a client that others wrote, with a key that may change everything. */
  nsupdate(zone: string, lines: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

type Kind = 'bind' | 'knot' | 'powerdns';

const programs = { bind: '/usr/sbin/named', knot: '/usr/sbin/knotd', powerdns: '/usr/sbin/pdns_server' } as const;
const packages = { bind: 'bind9', knot: 'knot', powerdns: 'pdns-backend-sqlite3, sqlite3' } as const;

/** To be given to `describe` as `skip`. */
export const noNameServer = (kind: Kind): string | false =>
  realPart(
    `${kind} is not there: install ${packages[kind]} and bind9-dnsutils`,
    existsSync(programs[kind]) && existsSync('/usr/bin/nsupdate') && existsSync('/usr/bin/dig'),
  );

const zoneCount = 90;
const zoneName = (index: number): string => `w${index}.preview.test`;

const aKey = (name: string): TsigKey => ({
  name,
  algorithm: 'hmac-sha256',
  secret: new Secret(randomBytes(32).toString('base64')),
});

interface Setup {
  readonly folder: string;
  readonly port: number;
  readonly keys: readonly TsigKey[];
}

export async function startNameServer(kind: Kind, choosePort?: () => Promise<number>): Promise<TestNameServer> {
  const folder = await mkdtemp(join(tmpdir(), `${kind}-`));
  const [key, weakKey, operator] = [aKey('shining'), aKey('weak'), aKey('operator')] as const;
  const digAt = async (port: number, name: string, type: string): Promise<readonly string[]> => {
    const options = ['+short', '+tries=1', '+time=2', '-p', String(port)];
    const { stdout } = await runCommand(['dig', '@127.0.0.1', ...options, name, type], { timeLimitMs: 5_000 });
    return stdout.split('\n').filter((line) => line !== '');
  };
  const server = await startOnFreePort({
    ...{ folder, name: kind, ...(choosePort && { choosePort }) },
    async argv(port) {
      const home = join(folder, String(port));
      await mkdir(join(home, 'zones'), { recursive: true });
      for (let index = 0; index < zoneCount; index += 1) {
        await writeFile(join(home, 'zones', zoneName(index)), firstRecords(zoneName(index)));
      }
      return setups[kind]({ folder: home, port, keys: [key, weakKey, operator] });
    },
    answers: (port) =>
      digAt(port, zoneName(zoneCount - 1), 'SOA').then(
        (lines) => lines.length > 0,
        () => false,
      ),
  });
  const { port } = server;
  let used = 0;
  return {
    server: { host: '127.0.0.1', port },
    key,
    weakKey,
    newZone: () => {
      used += 1;
      if (used > zoneCount) throw new Error(`more than ${zoneCount} zones are wanted`);
      return zoneName(used - 1);
    },
    dig: (name, type) => digAt(port, name, type),
    async nsupdate(zone, lines) {
      const secret = `${operator.algorithm}:${operator.name}:${operator.secret.reveal()}`;
      const input = [`server 127.0.0.1 ${port}`, `zone ${zone}`, ...lines, 'send', ''].join('\n');
      await runCommand(['nsupdate', '-y', secret], { input, timeLimitMs: 10_000 });
    },
    async close() {
      await server.stop();
      await rm(folder, { recursive: true });
    },
  };
}

/** The same name server through a door where `before` happens just before an update goes in: after all looks. */
export async function doorBefore(
  { host, port }: ServerAddress,
  before: () => Promise<void>,
): Promise<{ readonly server: ServerAddress; close(): void }> {
  const isUpdate = (bytes: Buffer): boolean => bytes.length > 4 && ((bytes[4] ?? 0) >> 3) % 16 === opcode.update;
  const door = createServer((inside) => {
    const outside = connect({ host, port });
    const end = (): void => {
      inside.destroy();
      outside.destroy();
    };
    inside.on('error', end).on('close', end);
    outside.on('error', end).on('close', end);
    outside.pipe(inside);
    inside.on('data', (bytes: Buffer) => {
      if (isUpdate(bytes)) before().then(() => outside.write(bytes), end);
      else outside.write(bytes);
    });
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  const { port: open } = door.address() as AddressInfo;
  return { server: { host: '127.0.0.1', port: open }, close: () => void door.close() };
}

async function bindSetup({ folder, port, keys }: Setup): Promise<readonly string[]> {
  const file = join(folder, 'named.conf');
  const zones = Array.from({ length: zoneCount }, (_, index) => zoneName(index)).map(
    (name) => `zone "${name}" { type primary; file "${name}";
      update-policy { grant shining zonesub A AAAA TXT; grant operator zonesub ANY; }; };`,
  );
  const secrets = keys.map(
    ({ name, algorithm, secret }) => `key "${name}" { algorithm ${algorithm}; secret "${secret.reveal()}"; };`,
  );
  await writeFile(
    file,
    `${secrets.join('\n')}
options {
  directory "${join(folder, 'zones')}";
  listen-on port ${port} { 127.0.0.1; };
  listen-on-v6 { none; };
  recursion no;
  notify no;
  dnssec-validation no;
  allow-transfer { none; };
  pid-file none;
  session-keyfile none;
};
controls { };
${zones.join('\n')}
`,
  );
  return ['named', '-g', '-n', '1', '-c', file];
}

async function knotSetup({ folder, port, keys }: Setup): Promise<readonly string[]> {
  const file = join(folder, 'knot.conf');
  const secrets = keys.map(
    ({ name, algorithm, secret }) => `  - id: ${name}\n    algorithm: ${algorithm}\n    secret: "${secret.reveal()}"`,
  );
  const zones = Array.from({ length: zoneCount }, (_, index) => `  - domain: ${zoneName(index)}`);
  await writeFile(
    file,
    `server:
    listen: 127.0.0.1@${port}
    rundir: "${folder}"
    udp-workers: 1
    tcp-workers: 1
    background-workers: 1
log:
  - target: stderr
    any: warning
database:
    storage: "${folder}"
    journal-db-max-size: 64M
key:
${secrets.join('\n')}
acl:
  - id: names
    key: shining
    action: update
    update-type: [A, AAAA, TXT]
  - id: everything
    key: operator
    action: update
  - id: reading
    key: weak
    action: transfer
template:
  - id: default
    storage: "${join(folder, 'zones')}"
    file: "%s"
    zonefile-sync: -1
    zonefile-load: difference-no-serial
    journal-content: all
    acl: [names, everything, reading]
zone:
${zones.join('\n')}
`,
  );
  return ['knotd', '-c', file];
}

/** Zones and keys go straight into its database. It has no rights by type: who may change a zone may change all of it. */
async function powerdnsSetup({ folder, port, keys }: Setup): Promise<readonly string[]> {
  const database = join(folder, 'pdns.db');
  const schema = await readFile('/usr/share/pdns-backend-sqlite3/schema/schema.sqlite3.sql', 'utf8');
  const text = (value: string | number): string => `'${value}'`;
  const secrets = keys.map(
    ({ name, algorithm, secret }) =>
      `INSERT INTO tsigkeys (name, algorithm, secret) VALUES (${[name, algorithm, secret.reveal()].map(text)});`,
  );
  const zones = Array.from({ length: zoneCount }, (_, index) => {
    const [zone, id] = [zoneName(index), index + 1];
    const records = [
      [zone, 'SOA', `ns.${zone} hostmaster.${zone} 1 3600 600 86400 5`],
      [zone, 'NS', `ns.${zone}`],
      [`ns.${zone}`, 'A', '127.0.0.1'],
      [`*.${zone}`, 'A', '192.0.2.99'],
      [`*.${zone}`, 'TXT', '"v=spf1 -all"'],
    ].map(
      (record) =>
        `INSERT INTO records (domain_id, name, type, content, ttl, auth) VALUES (${[id, ...record, 60, 1].map(text)});`,
    );
    const meta = [
      ['TSIG-ALLOW-DNSUPDATE', 'shining'],
      ['TSIG-ALLOW-DNSUPDATE', 'operator'],
    ].map((pair) => `INSERT INTO domainmetadata (domain_id, kind, content) VALUES (${[id, ...pair].map(text)});`);
    return [`INSERT INTO domains (id, name, type) VALUES (${[id, zone, 'NATIVE'].map(text)});`, ...records, ...meta];
  });
  const input = ['PRAGMA journal_mode=WAL;', 'BEGIN;', schema, ...secrets, ...zones.flat(), 'COMMIT;'].join('\n');
  await runCommand(['sqlite3', database], { input, timeLimitMs: 20_000 });
  await writeFile(
    join(folder, 'pdns.conf'),
    `launch=gsqlite3
gsqlite3-database=${database}
gsqlite3-pragma-synchronous=0
local-address=127.0.0.1
local-port=${port}
socket-dir=${folder}
dnsupdate=yes
allow-dnsupdate-from=127.0.0.0/8
zone-cache-refresh-interval=0
security-poll-suffix=
`,
  );
  return ['pdns_server', `--config-dir=${folder}`, '--guardian=no', '--daemon=no'];
}

const setups = { bind: bindSetup, knot: knotSetup, powerdns: powerdnsSetup } as const;

const firstRecords = (zone: string): string => `$TTL 60
@ IN SOA ns.${zone}. hostmaster.${zone}. 1 3600 600 86400 5
@ IN NS ns.${zone}.
ns IN A 127.0.0.1
* IN A 192.0.2.99
* IN TXT "v=spf1 -all"
`;
