import { createHash } from 'node:crypto';
import { WizardError } from '../../domain/wizard-error.ts';
import type { BakeCall } from '../../ports/data-bakes.ts';
import type { BakeRoom, Column, EngineFamily, Session } from './engine-family.ts';
import { type GoldenSource, meansTable } from './golden-source.ts';
import { beforeFiles, goneByFiles } from './mask-by-files.ts';
import { maskData, maskedColumns } from './mask-data.ts';
import { collectOriginals, type Wanted } from './prove.ts';
import { notStrict, scan, suspectText } from './scan.ts';
import { takeIn } from './take-in.ts';

export interface FillAbout {
  readonly name: string;
  readonly source: GoldenSource;
  readonly family: EngineFamily;
  readonly room: BakeRoom;
  readonly call: BakeCall;
}

export interface Filled {
  readonly database: string;
  readonly schemaHash: string;
  /** Strict, and no column that looks personal is without a rule. */
  readonly rulesComplete: boolean;
  /** By rules. */
  readonly masked: readonly Column[];
  /** Values that rules or files masked. */
  readonly wanted: readonly Wanted[];
  readonly tableOf: (file: string) => string | undefined;
}

/** Fills a private server with the data, masked and checked, and stops it in good order. */
export async function fill(about: FillAbout): Promise<Filled> {
  const { family, room } = about;
  const server = await family.start(room, 'load');
  try {
    const filled = await work(about);
    about.call.doing('shutting the server down');
    await server.stop();
    return filled;
  } finally {
    await server.kill();
  }
}

async function work(about: FillAbout): Promise<Filled> {
  const { name, source, family, room, call } = about;
  const database = await loaded(about);
  const session = await family.session(room, database);
  try {
    const loud = await quietWhere(about, session);
    await leaveOut(about, session);
    const columns = await family.columns(session);
    const masking = maskedColumns(name, source, columns);
    call.doing('looking for columns that seem personal');
    const suspects = await scan(family, session, columns, source.mask);
    for (const one of suspects) call.write(`no rule: ${suspectText(one)}\n`);
    if (source.strict && suspects.length > 0) throw notStrict(name, suspects);
    const masked = masking.map(({ column }) => column);
    const originals = await collectOriginals(family, session, masked);
    const byFiles = source.maskFiles.length > 0 ? await beforeFiles(family, session, columns, masked) : [];
    await maskData({ ...about, database, session, columns }, masking);
    await loud();
    const wanted = [...originals, ...(await goneByFiles(family, session, byFiles, call))];
    await check(about, session);
    call.doing('telling the server what is in its tables');
    await family.settle(session, database);
    const tableOf = await family.tableFiles(session, database);
    const schemaHash = hashOf(columns);
    return { database, schemaHash, rulesComplete: source.strict, masked, wanted, tableOf };
  } finally {
    await session.close();
  }
}

/** Takes the data in. Answers what the database is called in the end. */
async function loaded({ name, source, family, room, call }: FillAbout): Promise<string> {
  const { from } = source;
  const atSource = 'database' in from ? from.database : undefined;
  const wanted = source.database ?? atSource ?? 'app';
  const session = await family.session(room);
  try {
    await family.createDatabase(session, wanted);
    const bytes = await takeIn({ name, source, database: wanted, family, room, call });
    const [found, ...others] = await family.filledDatabases(room, session);
    if (found === undefined) throw empty(name, wanted);
    if (others.length > 0) throw several(name, [found, ...others]);
    const database = found === wanted || source.database === undefined ? found : wanted;
    if (database !== found) await family.renameDatabase(room, found, database);
    call.doing(`the data is loaded: ${(bytes / 1e6).toFixed(1)} MB`);
    return database;
  } finally {
    await session.close();
  }
}

/** No trigger keeps elsewhere what is left out or masked; the answer lets them act again. */
async function quietWhere({ source, family }: FillAbout, session: Session): Promise<() => Promise<void>> {
  const { leaveOut, sample, mask, maskFiles } = source;
  const changes = [leaveOut, maskFiles, Object.keys(sample), Object.keys(mask)].some(({ length }) => length > 0);
  return changes ? family.quiet(session) : async () => undefined;
}

/** What the dump brought although it is not wanted. */
async function leaveOut({ source, family, call }: FillAbout, session: Session): Promise<void> {
  const tables = await family.tables(session);
  for (const pattern of [...source.leaveOut, ...Object.keys(source.sample)])
    if (!tables.some(({ name }) => meansTable(pattern, name)))
      call.write(`no table is called ${pattern}: nothing was left out for it\n`);
  for (const table of tables) {
    const means = (pattern: string): boolean => meansTable(pattern, table.name);
    const rows = Object.entries(source.sample).find(([pattern]) => means(pattern))?.[1];
    if (source.leaveOut.some(means)) await family.empty(session, table);
    else if (rows !== undefined) {
      call.doing(`leaving ${rows} rows in ${table.name}`);
      await family.keepNewest(session, table, rows);
    }
  }
}

async function check({ name, source, call }: FillAbout, session: Session): Promise<void> {
  for (const [index, statement] of source.checks.entries()) {
    call.doing(`check ${index + 1} of ${source.checks.length}: ${statement.slice(0, 200)}`);
    const about = { code: 'golden/check-failed', remedy: 'fix-setup' } as const;
    const rows = await session.query(statement).catch((cause: unknown) => {
      throw new WizardError(`checking ${name}: the server refused: ${statement}`, { ...about, cause });
    });
    if (rows.length === 0) {
      const hint = 'Is the source in order, and does the statement ask what was meant?';
      throw new WizardError(`checking ${name}: this answers no row: ${statement}`, { ...about, hint });
    }
  }
}

/** Changes with what an application sees of the tables, not with their rows. */
const hashOf = (columns: readonly Column[]): string =>
  createHash('sha256')
    .update(
      JSON.stringify(
        columns.map(({ table, name, kind, length, nullable }) => [table.name, name, kind, length ?? 0, nullable]),
      ),
    )
    .digest('hex');

const empty = (name: string, database: string): WizardError =>
  new WizardError(`baking ${name}: after the dump was loaded, the database ${database} holds no table`, {
    code: 'data/empty-dump',
    remedy: 'fix-setup',
    hint: 'Is it the right database, and may the user read it?',
  });

const several = (name: string, databases: readonly string[]): WizardError =>
  new WizardError(`baking ${name}: the dump holds several databases: ${databases.join(', ')}`, {
    code: 'golden/several-databases',
    remedy: 'fix-setup',
    hint: 'Dump one of them, or make a data source of each.',
  });
