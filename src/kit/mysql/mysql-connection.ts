import { WizardError } from '../../domain/wizard-error.ts';
import type { Secret } from '../secret.ts';
import { passwordProof } from './mysql-passwords.ts';
import { packetReader } from './packet-reader.ts';
import { type PacketStream, packetStream } from './packet-stream.ts';

export interface MysqlAsked {
  /** Path of the server's Unix socket. */
  readonly socket: string;
  readonly user: string;
  readonly password: Secret;
  readonly signal: AbortSignal;
}

/** A session at a MySQL or MariaDB server: as much as a server needs to look after its own databases. */
export interface MysqlConnection {
  /** As the server says it: `10.11.19-MariaDB`. */
  readonly serverVersion: string;
  /** The rows of one statement, as texts; none when it gives no rows. Throws `mysql/refused`. */
  query(sql: string): Promise<readonly (readonly (string | null)[])[]>;
  close(): void;
}

/** LONG_PASSWORD, PROTOCOL_41, TRANSACTIONS, SECURE_CONNECTION, PLUGIN_AUTH. */
const capabilities = 0x1 | 0x200 | 0x2000 | 0x8000 | 0x80000;
const utf8mb4 = 45;

/**
 * Signs in over a Unix socket. It answers once the server serves: a server that is starting lets us wait in its queue. Throws what the
 * socket throws when nobody listens, and `mysql/refused` when the server says no.
 */
export async function connectMysql(asked: MysqlAsked): Promise<MysqlConnection> {
  const packets = await packetStream(asked.socket, asked.signal);
  try {
    const serverVersion = await signIn(packets, asked);
    return { serverVersion, query: (sql) => query(packets, sql), close: () => quit(packets) };
  } catch (error) {
    packets.close();
    throw error;
  }
}

/** So that the server does not call it an aborted connection. */
function quit(packets: PacketStream): void {
  packets.send(Buffer.from([1]), true);
  packets.close();
}

async function signIn(packets: PacketStream, { user, password }: MysqlAsked): Promise<string> {
  const { serverVersion, plugin, scramble } = greetingOf(await packets.next());
  const proof = passwordProof(plugin, password.reveal(), scramble) ?? Buffer.alloc(0);
  const head = Buffer.alloc(32);
  head.writeUInt32LE(capabilities, 0);
  head.writeUInt32LE(longestAnswer, 4);
  head[8] = utf8mb4;
  const zero = Buffer.alloc(1);
  const parts = [head, Buffer.from(user), zero, Buffer.from([proof.length]), proof, Buffer.from(plugin), zero];
  packets.send(Buffer.concat(parts), false);
  await proveUntilIn(packets, plugin, password);
  return serverVersion;
}

const longestAnswer = 16 * 1024 * 1024;

async function proveUntilIn(packets: PacketStream, first: string, password: Secret): Promise<void> {
  for (let plugin = first; ; ) {
    const packet = await packets.next();
    const kind = packet[0];
    if (kind === 0x00) return;
    if (kind === 0xff) throw refused('signing in', packet);
    if (kind === 0xfe) {
      const fields = packetReader(packet.subarray(1));
      plugin = fields.untilZero().toString();
      const scramble = fields.rest().subarray(0, 20);
      packets.send(passwordProof(plugin, password.reveal(), scramble) ?? Buffer.alloc(0), false);
    } else if (plugin === 'caching_sha2_password' && packet[1] === 4) {
      // The server wants the password itself; over a Unix socket nobody else can read it.
      packets.send(Buffer.concat([Buffer.from(password.reveal()), Buffer.alloc(1)]), false);
    }
  }
}

function greetingOf(packet: Buffer): { serverVersion: string; plugin: string; scramble: Buffer } {
  if (packet[0] === 0xff) throw refused('connecting', packet);
  const fields = packetReader(packet);
  fields.number(1);
  const serverVersion = fields
    .untilZero()
    .toString()
    .replace(/^5\.5\.5-/, '');
  fields.number(4);
  const firstPart = fields.take(8);
  // A zero, capabilities, character set, status, more capabilities, the scramble's length, ten zeros.
  fields.take(1 + 2 + 1 + 2 + 2 + 1 + 10);
  const scramble = Buffer.concat([firstPart, fields.take(12)]);
  fields.take(1);
  return { serverVersion, scramble, plugin: fields.untilZero().toString() || 'mysql_native_password' };
}

async function query(packets: PacketStream, sql: string): Promise<(string | null)[][]> {
  packets.send(Buffer.concat([Buffer.from([3]), Buffer.from(sql)]), true);
  const first = await packets.next();
  if (first[0] === 0xff) throw refused('asking the database server', first);
  if (first[0] === 0x00) return [];
  const columns = packetReader(first).length() ?? 0;
  for (let read = 0; read < columns; read += 1) await packets.next();
  await packets.next();
  const rows: (string | null)[][] = [];
  for (;;) {
    const packet = await packets.next();
    if (packet[0] === 0xff) throw refused('asking the database server', packet);
    if (packet[0] === 0xfe && packet.length < 9) return rows;
    const fields = packetReader(packet);
    rows.push(Array.from({ length: columns }, () => fields.text()));
  }
}

function refused(doing: string, packet: Buffer): WizardError {
  const number = packet.readUInt16LE(1);
  const text = packet
    .subarray(3)
    .toString('utf8')
    .replace(/^#...../, '');
  return new WizardError(`${doing}: ${text} (${number})`, { code: 'mysql/refused', remedy: 'try-again' });
}
