import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import { orMissing } from '../../kit/path-kind.ts';
import type { Secrets } from '../../kit/secret.ts';
import { writeWhole } from '../../kit/write-whole.ts';
import { changeSentence } from './change-sentences.ts';
import { compareSchemas } from './compare-schemas.ts';
import { countRows } from './read-schema.ts';
import type { Schema } from './schema.ts';
import type { ChangesSpec } from './schema-spec.ts';
import { type LoggedStatement, mysqlStatements, postgresStatements, ranWithin } from './statement-log.ts';

const mostChanges = 30;
const mostSlow = 10;
const readBytes = 4 * 1024 * 1024;

/** `known` is missing where the schema could not be read: then only statements are told. */
export async function findChanges(
  asked: ChangesSpec,
  secrets: Secrets,
  known: { readonly before: Schema; readonly after: Schema } | undefined,
  signal: AbortSignal,
): Promise<JsonObject> {
  const statements = await statementsOf(asked);
  const rebuilt = new Set(statements.flatMap(({ table }) => table ?? []));
  const found = known ? compareSchemas(known.before, known.after, rebuilt).slice(0, mostChanges) : [];
  const rewritten = found.filter(({ what }) => what === 'rewritten').map(({ table }) => table);
  const rows = await countRows(asked, secrets, rewritten, signal);
  const changes = found.map((one) => ({ ...changeSentence(one, rows.get(one.table), statements) }));
  const slow = statements.map(({ sql, ms, rows: count }) => ({
    sql,
    ms,
    ...(count === undefined ? {} : { rows: count }),
  }));
  return { changes, slow, tookMs: Math.max(0, asked.until - asked.since) };
}

/** Those of this commit's release steps, and those of earlier commits over the same copy; the longest first. */
async function statementsOf({ schema, statementLog, engine, since, until }: ChangesSpec): Promise<LoggedStatement[]> {
  const text = await lastBytes(statementLog);
  const logged = engine === 'postgres' ? postgresStatements(text) : mysqlStatements(text);
  const now = logged.filter((one) => ranWithin(one, since, until));
  const earlier = await readEarlier(schema);
  const all = new Map([...earlier, ...now].map((one) => [`${one.at} ${one.ms} ${one.sql}`, one]));
  const longest = [...all.values()].sort((a, b) => b.ms - a.ms).slice(0, mostSlow);
  if (now.length > 0) await orMissing(writeWhole(earlierFile(schema), JSON.stringify(longest), 0o600));
  return longest;
}

/** Beside the schema, since both are of the same copy. */
const earlierFile = (folder: string): string => join(folder, 'statements.json');

const earlierShape = z.array(
  z.object({
    at: z.number(),
    ms: z.number(),
    rows: z.number().exactOptional(),
    sql: z.string(),
    table: z.string().exactOptional(),
  }),
);

async function readEarlier(folder: string): Promise<LoggedStatement[]> {
  const text = await orMissing(readFile(earlierFile(folder), 'utf8'));
  return text === undefined ? [] : earlierShape.parse(JSON.parse(text));
}

/** Also of the file beside it, where a long log was moved to. */
async function lastBytes(path: string): Promise<string> {
  const older = join(dirname(path), 'log.older');
  const pieces = [await endOf(older), await endOf(path)];
  return pieces.join('').replaceAll('\0', '');
}

async function endOf(path: string): Promise<string> {
  const file = await orMissing(open(path, 'r'));
  if (!file) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - readBytes);
    const buffer = Buffer.alloc(size - start);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}
