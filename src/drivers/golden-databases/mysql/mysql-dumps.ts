import { WizardError } from '../../../domain/wizard-error.ts';
import { type OpenDump, printedDump } from '../../../kit/dumps/open-dump.ts';
import { runCommand } from '../../../kit/run-command.ts';
import type { BakeCall } from '../../../ports/data-bakes.ts';
import type { BakeRoom } from '../engine-family.ts';
import { type GoldenSource, meansTable, type ServerOrigin } from '../golden-source.ts';
import { quotedName } from './mysql-names.ts';

/** One piece of the data of a server. */
export interface PieceOfDump {
  readonly what: string;
  open(): Promise<OpenDump>;
}

const askMs = 2 * 60_000;

/**
 * What has to be dumped, in this order: tables without their rows, tables with some of them, and the rest. Most sources are one piece.
 * Each piece is of one moment when the options say so; the pieces are not.
 */
export async function mysqlDumps(
  room: BakeRoom,
  source: GoldenSource,
  from: ServerOrigin,
  name: string,
  call: BakeCall,
): Promise<readonly PieceOfDump[]> {
  const isMaria = source.engine === 'mariadb';
  const login = ['-h', from.host, '-P', String(from.port), '-u', from.user];
  const secrets = { MYSQL_PWD: from.password.reveal() };
  const how = { as: 'us', network: true, secrets } as const;
  const failed = (cause: unknown): WizardError => dumpFailed(name, from, cause);
  const piece = (
    what: string,
    options: readonly string[],
    tables: readonly string[],
    marked: boolean,
  ): PieceOfDump => ({
    what,
    async open() {
      const words = ['--no-defaults', ...from.options, ...options, ...login, from.database, ...tables];
      const program = room.programs.call(isMaria ? 'mariadb-dump' : 'mysqldump', words, how);
      const about = { doing: `dumping ${name}`, say: call.write, signal: call.signal, why: failed };
      const dump = await printedDump(program, about);
      return marked ? { ...dump, endsWith: '-- Dump completed' } : dump;
    },
  });
  const marked = !from.options.some((option) => /^--(skip-comments|compact|comments=)/.test(option));
  const whole = `dumping ${from.database} of ${from.host}`;
  if (source.leaveOut.length === 0 && Object.keys(source.sample).length === 0) return [piece(whole, [], [], marked)];
  const keys = await tablesOf(room, isMaria, [...login, from.database], how, failed);
  const sampled = [...keys.keys()].flatMap((table) => {
    const rows = Object.entries(source.sample).find(([pattern]) => meansTable(pattern, table))?.[1];
    return rows === undefined || isLeftOut(source, table) ? [] : [{ table, rows }];
  });
  const empty = [...keys.keys()].filter((table) => isLeftOut(source, table));
  const apart = [...empty, ...sampled.map(({ table }) => table)];
  return [
    ...(empty.length > 0
      ? [piece(`dumping ${empty.length} tables without their rows`, ['--no-data'], empty, marked)]
      : []),
    ...sampled.map(({ table, rows }) => {
      const order = (keys.get(table) ?? []).map((key) => `${quotedName(key)} DESC`).join(', ');
      const where = `--where=1=1${order === '' ? '' : ` ORDER BY ${order}`} LIMIT ${rows}`;
      return piece(`dumping ${rows} rows of ${table}`, [where], [table], marked);
    }),
    piece(
      whole,
      apart.map((table) => `--ignore-table=${from.database}.${table}`),
      [],
      marked,
    ),
  ];
}

const isLeftOut = ({ leaveOut }: GoldenSource, table: string): boolean =>
  leaveOut.some((pattern) => meansTable(pattern, table));

/** Table → columns of its primary key. */
async function tablesOf(
  room: BakeRoom,
  isMaria: boolean,
  login: readonly string[],
  how: Parameters<BakeRoom['programs']['call']>[2],
  failed: (cause: unknown) => WizardError,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const sql = `SELECT t.table_name, k.column_name FROM information_schema.tables t
    LEFT JOIN information_schema.key_column_usage k
      ON k.table_schema = t.table_schema AND k.table_name = t.table_name AND k.constraint_name = 'PRIMARY'
    WHERE t.table_schema = DATABASE() AND t.table_type IN ('BASE TABLE', 'SYSTEM VERSIONED')
    ORDER BY t.table_name, k.ordinal_position`;
  const words = ['--no-defaults', '--batch', '--skip-column-names', `--execute=${sql}`, ...login];
  const { argv, env, cwd } = room.programs.call(isMaria ? 'mariadb' : 'mysql', words, how);
  const answer = await runCommand(argv, { env, cwd, signal: room.signal, timeLimitMs: askMs }).catch(
    (cause: unknown) => {
      throw failed(cause);
    },
  );
  const keys = new Map<string, string[]>();
  for (const line of answer.stdout.split('\n').filter((text) => text !== '')) {
    const [table = '', key = 'NULL'] = line.split('\t');
    keys.set(table, [...(keys.get(table) ?? []), ...(key === 'NULL' ? [] : [key])]);
  }
  return keys;
}

const dumpFailed = (name: string, { database, host, port, user }: ServerOrigin, cause: unknown): WizardError =>
  new WizardError(`dumping the database ${database} of ${host}`, {
    code: 'data/dump-failed',
    remedy: 'fix-setup',
    hint: `Can this machine reach ${host} port ${port}, and may ${user} read the database? Then \`wizard data bake ${name}\`.`,
    cause,
  });
