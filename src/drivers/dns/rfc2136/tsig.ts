import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Secret } from '../../../kit/secret.ts';
import { dnsClass, nameBytes, numbers16, type Reply, readName, recordBytes, type } from './wire.ts';

/** A key that a name server knows, for signing messages as RFC 8945 says. */
export interface TsigKey {
  readonly name: string;
  readonly algorithm: 'hmac-sha224' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';
  /** In base64. */
  readonly secret: Secret;
}

export interface Signed {
  readonly bytes: Buffer;
  /** Of our question; the answer's signature is about it, too. */
  readonly mac: Buffer;
}

/** Seconds by which the two clocks may differ: what the RFC recommends. */
const fudge = 300;

/** The message with a signature as its last record. */
export function sign(message: Buffer, key: TsigKey, nowMs: number): Signed {
  const fields = { time: timeBytes(nowMs), fudge, error: 0, other: Buffer.alloc(0) };
  const mac = macOf([message, variables(key, fields)], key);
  const record = recordBytes({
    name: plain(key.name),
    type: type.TSIG,
    class: dnsClass.ANY,
    ttl: 0,
    data: Buffer.concat([
      nameBytes(key.algorithm),
      fields.time,
      numbers16(fudge, mac.length),
      mac,
      message.subarray(0, 2),
      numbers16(0, 0),
    ]),
  });
  const bytes = Buffer.concat([message, record]);
  bytes.writeUInt16BE(1, 10);
  return { bytes, mac };
}

/** What a signature says: `good`, one of the errors of the RFC by its number, or that it is not to be believed. */
export type Verdict = 'good' | 'unsigned' | 'forged' | { readonly error: number };

export function judge(bytes: Buffer, { tsig }: Reply, key: TsigKey, asked: Signed): Verdict {
  if (!tsig) return 'unsigned';
  const data = readTsig(tsig.record.data);
  const expected = unsigned(bytes, tsig.at, data.originalId);
  const mac = macOf([numbers16(asked.mac.length), asked.mac, expected, variables(key, data)], key);
  const isRight = data.mac.length === mac.length && timingSafeEqual(data.mac, mac);
  // A server that does not know our key cannot sign with it.
  if (data.error !== 0) return { error: data.error };
  return isRight ? 'good' : 'forged';
}

interface Fields {
  readonly time: Buffer;
  readonly fudge: number;
  readonly error: number;
  readonly other: Buffer;
}

function readTsig(data: Buffer): Fields & { readonly mac: Buffer; readonly originalId: Buffer } {
  const { next: at } = readName(data, 0);
  const macEnd = at + 10 + data.readUInt16BE(at + 8);
  return {
    time: data.subarray(at, at + 6),
    fudge: data.readUInt16BE(at + 6),
    mac: data.subarray(at + 10, macEnd),
    originalId: data.subarray(macEnd, macEnd + 2),
    error: data.readUInt16BE(macEnd + 2),
    other: data.subarray(macEnd + 6, macEnd + 6 + data.readUInt16BE(macEnd + 4)),
  };
}

/** The message as it was before it was signed. */
function unsigned(bytes: Buffer, end: number, originalId: Buffer): Buffer {
  const before = Buffer.from(bytes.subarray(0, end));
  originalId.copy(before, 0);
  before.writeUInt16BE(before.readUInt16BE(10) - 1, 10);
  return before;
}

const variables = (key: TsigKey, { time, fudge: seconds, error, other }: Fields): Buffer =>
  Buffer.concat([
    nameBytes(plain(key.name)),
    numbers16(dnsClass.ANY, 0, 0),
    nameBytes(key.algorithm),
    time,
    numbers16(seconds, error, other.length),
    other,
  ]);

function macOf(parts: readonly Buffer[], { algorithm, secret }: TsigKey): Buffer {
  const hmac = createHmac(algorithm.replace('hmac-', ''), Buffer.from(secret.reveal(), 'base64'));
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

/** Seconds since 1970 in six bytes. */
function timeBytes(nowMs: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.floor(nowMs / 1000), 0, 6);
  return bytes;
}

const plain = (name: string): string => name.toLowerCase().replace(/\.$/, '');
