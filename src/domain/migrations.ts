import { plainRole } from './claim.ts';
import { durationText } from './duration-text.ts';
import type { Json, JsonObject } from './json.ts';
import { isLive } from './phase.ts';
import { oneLine } from './plain-text.ts';
import type { Resource } from './resource.ts';

/** What the release steps made of one database, since it came as a copy. Hostile text, bounded by whoever read it. */
export interface Migrations {
  /** As the recipe calls it. */
  readonly database: string;
  /** From the first release step's start to the end of the last. */
  readonly tookMs: number;
  /** `ALTER on orders rewrote 2.1 million rows, 38 s: column coupon varchar(40) added`. */
  readonly changes: readonly string[];
  /** What took long, the longest first; what it was told is masked. */
  readonly slow: readonly SlowStatement[];
}

export interface SlowStatement {
  readonly sql: string;
  readonly ms: number;
  /** That it changed, or else that it looked at; missing: the server does not tell. */
  readonly rows?: number | undefined;
}

const mostChanges = 30;
const mostSlow = 10;

/** What there is to tell of each database: nothing of one that did not change and where nothing took long. */
export function migrationsOf(resources: readonly Resource[]): Migrations[] {
  const told = resources.filter(({ kind, status, ...one }) => {
    return kind === 'schema-changes' && status === 'ready' && isLive({ kind, status, ...one });
  });
  const newestFirst = told.toSorted((a, b) => (b.readyAt ?? 0) - (a.readyAt ?? 0));
  const byDatabase = Map.groupBy(newestFirst, ({ role }) => plainRole(role).replace(/-changes$/, ''));
  return [...byDatabase].flatMap(([database, [newest]]) => {
    const { tookMs, changes, slow } = newest?.facts ?? {};
    const found: Migrations = {
      database,
      tookMs: typeof tookMs === 'number' ? tookMs : 0,
      changes: listOf(changes, mostChanges).flatMap(({ sentence }) => (typeof sentence === 'string' ? sentence : [])),
      slow: listOf(slow, mostSlow).flatMap(statementOf),
    };
    return found.changes.length + found.slow.length === 0 ? [] : [found];
  });
}

function listOf(value: Json | undefined, most: number): JsonObject[] {
  const all: readonly Json[] = Array.isArray(value) ? value : [];
  return all.slice(0, most).filter((one): one is JsonObject => typeof one === 'object' && one !== null);
}

function statementOf({ sql, ms, rows }: JsonObject): SlowStatement[] {
  if (typeof sql !== 'string' || typeof ms !== 'number') return [];
  return [{ sql, ms, ...(typeof rows === 'number' ? { rows } : {}) }];
}

/** As lines for people, each plain, on one line and bounded. */
export interface MigrationsText {
  readonly heading: string;
  readonly changes: readonly string[];
  readonly slow: readonly { readonly took: string; readonly sql: string }[];
}

export const migrationsText = ({ database, tookMs, changes, slow }: Migrations): MigrationsText => ({
  heading: `Migrations of ${oneLine(database, 40)}, ${durationText(tookMs)}`,
  changes: changes.map((sentence) => oneLine(sentence, 300)),
  slow: slow.map(({ sql, ms, rows }) => ({
    took: `${durationText(ms)}${rows === undefined ? '' : `, ${rowsText(rows)}`}`,
    sql: oneLine(sql, 300),
  })),
});

/** `41,200 rows`, `2.1 million rows`. */
export function rowsText(rows: number): string {
  if (rows === 1) return '1 row';
  const [size, word] = rows >= 1e9 ? [1e9, ' billion'] : rows >= 1e6 ? [1e6, ' million'] : [1, ''];
  const digits = size === 1 ? 0 : 1;
  return `${(rows / size).toLocaleString('en', { maximumFractionDigits: digits })}${word} rows`;
}
