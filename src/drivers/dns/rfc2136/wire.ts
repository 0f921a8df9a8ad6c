import { WizardError } from '../../../domain/wizard-error.ts';

/** Numbers of RFC 1035, 2136 and 8945 that are used here. */
export const type = { A: 1, CNAME: 5, SOA: 6, TXT: 16, AAAA: 28, TSIG: 250, ANY: 255 } as const;
export const dnsClass = { IN: 1, NONE: 254, ANY: 255 } as const;
export const opcode = { query: 0, update: 5 } as const;

export interface WireRecord {
  /** Lower case, without a dot at its end. */
  readonly name: string;
  readonly type: number;
  readonly class: number;
  readonly ttl: number;
  readonly data: Buffer;
}

/** A message. In an update the three lists are prerequisites, changes and additional records. */
export interface Message {
  readonly id: number;
  readonly opcode: number;
  readonly question: { readonly name: string; readonly type: number };
  readonly answers: readonly WireRecord[];
  readonly authorities: readonly WireRecord[];
}

/** A message that came in. */
export interface Reply {
  readonly id: number;
  readonly isReply: boolean;
  readonly rcode: number;
  /** Whether the server is itself responsible for the name. */
  readonly authoritative: boolean;
  readonly answers: readonly WireRecord[];
  /** The signature, if it has one: always the last record. `at` is where it begins. */
  readonly tsig?: { readonly record: WireRecord; readonly at: number };
}

const longestName = 255;
const longestLabel = 63;

export function nameBytes(name: string): Buffer {
  const labels = name === '' ? [] : name.toLowerCase().split('.');
  const parts = labels.map((label) => Buffer.from(label, 'latin1'));
  const bytes = Buffer.concat([...parts.flatMap((part) => [Buffer.from([part.length]), part]), Buffer.from([0])]);
  if (bytes.length <= longestName && parts.every(({ length }) => length > 0 && length <= longestLabel)) return bytes;
  throw new WizardError(`writing the name ${name}: it is too long for DNS, or has an empty part`, {
    code: 'dns/bad-name',
    remedy: 'fix-setup',
    hint: 'Check "zone" and "key" under dns, and "domain" in wizard.yml.',
  });
}

/** Numbers in network order, two bytes each. */
export function numbers16(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2);
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value, index * 2);
  return bytes;
}

export function recordBytes({ name, type: kind, class: of, ttl, data }: WireRecord): Buffer {
  const fixed = Buffer.alloc(4);
  fixed.writeUInt32BE(ttl);
  return Buffer.concat([nameBytes(name), numbers16(kind, of), fixed, numbers16(data.length), data]);
}

/** The message without a signature. */
export function messageBytes({ id, opcode: code, question, answers, authorities }: Message): Buffer {
  return Buffer.concat([
    numbers16(id, code << 11, 1, answers.length, authorities.length, 0),
    nameBytes(question.name),
    numbers16(question.type, dnsClass.IN),
    ...[...answers, ...authorities].map(recordBytes),
  ]);
}

/** One string of a TXT record. */
export function textData(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

/** The strings of a TXT record. */
export function textsOf(data: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < data.length; at += 1 + data.readUInt8(at)) {
    texts.push(data.toString('latin1', at + 1, at + 1 + data.readUInt8(at)));
  }
  return texts;
}

/** Reads a message; throws `dns/unexpected-answer` where it is none. */
export function readReply(bytes: Buffer): Reply {
  try {
    return readWhole(bytes);
  } catch (cause) {
    throw new WizardError('reading what the name server answered: it is not a message of DNS', {
      code: 'dns/unexpected-answer',
      remedy: 'try-again',
      cause,
    });
  }
}

function readWhole(bytes: Buffer): Reply {
  const word = (index: number): number => bytes.readUInt16BE(index * 2);
  let at = 12;
  for (let index = 0; index < word(2); index += 1) at = readName(bytes, at).next + 4;
  const records: { record: WireRecord; at: number }[] = [];
  const count = word(3) + word(4) + word(5);
  for (let index = 0; index < count; index += 1) {
    const read = readRecord(bytes, at);
    records.push({ record: read.record, at });
    at = read.next;
  }
  const last = records.at(-1);
  return {
    id: word(0),
    isReply: (word(1) & 0x8000) !== 0,
    authoritative: (word(1) & 0x0400) !== 0,
    rcode: word(1) & 0xf,
    answers: records.slice(0, word(3)).map(({ record }) => record),
    ...(last?.record.type === type.TSIG ? { tsig: last } : {}),
  };
}

function readRecord(bytes: Buffer, start: number): { readonly record: WireRecord; readonly next: number } {
  const { name, next: at } = readName(bytes, start);
  const next = at + 10 + bytes.readUInt16BE(at + 8);
  if (next > bytes.length) throw new RangeError('a record is longer than its message');
  const record = {
    name,
    type: bytes.readUInt16BE(at),
    class: bytes.readUInt16BE(at + 2),
    ttl: bytes.readUInt32BE(at + 4),
    data: bytes.subarray(at + 10, next),
  };
  return { record, next };
}

/** A name, with its pointers to earlier places followed. `next` is where it ends. */
export function readName(bytes: Buffer, start: number): { readonly name: string; readonly next: number } {
  const labels: string[] = [];
  let next: number | undefined;
  let at = start;
  // Each pointer leads further back, so that this ends.
  for (let length = bytes.readUInt8(at); length !== 0; length = bytes.readUInt8(at)) {
    if (length >= 0xc0) {
      const to = bytes.readUInt16BE(at) & 0x3fff;
      if (to >= at) throw new RangeError('a pointer in a name leads forward');
      next ??= at + 2;
      at = to;
    } else {
      labels.push(bytes.toString('latin1', at + 1, at + 1 + length).replaceAll('.', '\\.'));
      at += 1 + length;
    }
  }
  return { name: labels.join('.').toLowerCase(), next: next ?? at + 1 };
}
