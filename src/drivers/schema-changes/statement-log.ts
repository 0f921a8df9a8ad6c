import { maskLiterals } from './mask-literals.ts';

/** A statement that took long, as the server wrote it down. */
export interface LoggedStatement {
  /** When it began or ended, as the server tells; milliseconds since 1970. */
  readonly at: number;
  readonly ms: number;
  readonly rows?: number;
  /** Masked. */
  readonly sql: string;
  /** What it rebuilds or defines: `orders`. */
  readonly table?: string;
}

/** MySQL writes whole seconds. */
const slackMs = 1500;

export const ranWithin = ({ at }: LoggedStatement, since: number, until: number): boolean =>
  at >= since - slackMs && at <= until + slackMs;

/** The slow query log of MariaDB and MySQL. Its first entry may be cut off. */
export function mysqlStatements(text: string): LoggedStatement[] {
  return text.split(/^# User@Host: /m).flatMap((entry, index) => {
    if (index === 0) return [];
    const lines = entry.split('\n');
    const body = lines.findIndex((line, at) => at > 0 && !line.startsWith('#'));
    if (body < 0) return [];
    const head = lines.slice(0, body).join('\n');
    const number = (name: string): number => Number(new RegExp(`\\b${name}: ([\\d.]+)`).exec(head)?.[1] ?? 0);
    const rest = lines.slice(body).filter((line) => !/^# (?:Time|User@Host): /.test(line));
    const at = rest.findIndex((line) => /^SET timestamp=\d+/.test(line));
    if (at < 0) return [];
    const seconds = Number(/\d+/.exec(rest[at] ?? '')?.[0] ?? 0);
    const sql = rest.slice(at + 1).join('\n');
    if (sql.trim() === '' || sql.startsWith('# administrator command')) return [];
    const rows = number('Rows_affected') || number('Rows_examined');
    return [statement(sql, 'mysql', seconds * 1000, number('Query_time') * 1000, rows)];
  });
}

const postgresLine =
  /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}) (?:GMT|UTC) \[\d+\] LOG: {2}duration: ([\d.]+) ms {2}(?:statement|execute [^:\n]*): (.*(?:\n\t.*)*)/gm;

/** What PostgreSQL says of long statements, among all else that it says. */
export function postgresStatements(text: string): LoggedStatement[] {
  return [...text.matchAll(postgresLine)].flatMap(([, time = '', ms, sql = '']) => {
    const at = Date.parse(`${time.replace(' ', 'T')}Z`);
    return Number.isNaN(at) ? [] : [statement(sql.replaceAll('\n\t', '\n'), 'postgres', at, Number(ms), 0)];
  });
}

function statement(sql: string, family: 'mysql' | 'postgres', at: number, ms: number, rows: number): LoggedStatement {
  const masked = maskLiterals(sql.replace(/;\s*$/, ''), family);
  const table = definedTable(masked);
  return {
    at,
    ms: Math.round(ms),
    sql: masked,
    ...(rows > 0 ? { rows } : {}),
    ...(table === undefined ? {} : { table }),
  };
}

const name = '((?:[`"][^`"]*[`"]|[\\w$.])+)';
const defining = [
  `^ALTER\\s+(?:ONLINE\\s+|IGNORE\\s+)*TABLE\\s+(?:IF\\s+EXISTS\\s+)?(?:ONLY\\s+)?${name}`,
  `^(?:OPTIMIZE|REPAIR)\\s+(?:\\w+\\s+)?TABLE\\s+${name}`,
  `^(?:CREATE|DROP)\\s+(?:\\w+\\s+){0,2}INDEX\\s+.*?\\sON\\s+(?:ONLY\\s+)?${name}`,
  `^(?:CLUSTER|VACUUM\\s+(?:\\(\\s*)?FULL\\b[^"\\w]*)\\s*${name}`,
].map((pattern) => new RegExp(pattern, 'i'));

/** The table that a statement changes the shape of, without its database and its quotes. */
function definedTable(sql: string): string | undefined {
  const found = defining.map((pattern) => pattern.exec(sql)?.[1]).find((one) => one !== undefined);
  return found?.replaceAll(/[`"]/g, '').split('.').at(-1);
}
