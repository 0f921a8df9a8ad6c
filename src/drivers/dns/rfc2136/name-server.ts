import { randomInt } from 'node:crypto';
import type { Clock } from '../../../ports/clock.ts';
import { exchange, type ServerAddress } from './exchange.ts';
import { mistrusted, rcodeOf, refusedBy } from './name-server-error.ts';
import { judge, sign, type TsigKey } from './tsig.ts';
import { type Message, messageBytes, opcode, type Reply, readReply, type, type WireRecord } from './wire.ts';

export interface Asking {
  readonly doing: string;
  readonly signal: AbortSignal;
}

export interface Question {
  readonly name: string;
  readonly type: number;
}

export interface Update {
  readonly prerequisites: readonly WireRecord[];
  readonly changes: readonly WireRecord[];
}

/** `exists`: a prerequisite says that something must not be there, and it is. `missing`: the other way round. */
export type Outcome = 'done' | 'exists' | 'missing';

/** The name server that is responsible for a zone and may change it. Every message is signed, and so is every answer that is believed. */
export interface NameServer {
  readonly zone: string;
  /** Records with exactly the name that was asked for; a CNAME there is among them. In the order of the questions. */
  ask(questions: readonly Question[], asking: Asking): Promise<readonly (readonly WireRecord[])[]>;
  /** Each update is whole or not at all. */
  update(updates: readonly Update[], asking: Asking): Promise<readonly Outcome[]>;
}

export interface NameServerOptions {
  readonly zone: string;
  readonly server: ServerAddress;
  readonly key: TsigKey;
  readonly clock: Clock;
}

const outcomes = new Map<number, Outcome>([
  [rcodeOf.noError, 'done'],
  [rcodeOf.yxDomain, 'exists'],
  [rcodeOf.yxRrset, 'exists'],
  [rcodeOf.nxDomain, 'missing'],
  [rcodeOf.nxRrset, 'missing'],
]);

export function nameServer({ zone, server, key, clock }: NameServerOptions): NameServer {
  async function send(messages: readonly Omit<Message, 'id'>[], { doing, signal }: Asking): Promise<readonly Reply[]> {
    if (messages.length === 0) return [];
    const first = randomInt(0x8000);
    const signed = messages.map((message, index) =>
      sign(messageBytes({ ...message, id: first + index }), key, clock.now()),
    );
    const answers = await exchange(
      signed.map(({ bytes }) => bytes),
      { server, doing, signal, clock },
    );
    return signed.map((asked, index) => {
      const bytes = answers[index] ?? Buffer.alloc(0);
      const reply = readReply(bytes);
      const verdict = judge(bytes, reply, key, asked);
      if (verdict !== 'good' || !reply.isReply) throw mistrusted(verdict, reply, { doing, zone });
      return reply;
    });
  }
  return {
    zone,
    async ask(questions, asking) {
      const messages = questions.map((question) => ({
        opcode: opcode.query,
        question,
        answers: [],
        authorities: [],
      }));
      const replies = await send(messages, asking);
      return replies.map((reply, index) => {
        const known = reply.rcode === rcodeOf.noError || reply.rcode === rcodeOf.nxDomain;
        if (!known || !reply.authoritative) throw refusedBy(reply, { doing: asking.doing, zone });
        return reply.answers.filter(({ name }) => name === questions[index]?.name);
      });
    },
    async update(updates, asking) {
      const question = { name: zone, type: type.SOA };
      const messages = updates.map(({ prerequisites, changes }) => ({
        opcode: opcode.update,
        question,
        answers: prerequisites,
        authorities: changes,
      }));
      const replies = await send(messages, asking);
      return replies.map((reply) => {
        const outcome = outcomes.get(reply.rcode);
        if (outcome === undefined) throw refusedBy(reply, { doing: asking.doing, zone });
        return outcome;
      });
    },
  };
}
