import { Kysely, PostgresDialect, type PostgresPoolClient } from 'kysely';
import pg from 'pg';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import type { Database } from './database.ts';
import type { Tables } from './schema.ts';

/** Any number that no other program is likely to lock by; the same in every version of ours. */
const ownerLock = 5_120_017;
const int8 = 20;

/** Opens PostgreSQL as ours alone: an advisory lock on a connection of its own is the hold, and goes when that connection goes. */
export async function openPostgres(
  url: string,
): Promise<{ database: Database; lost: Promise<never>; close(): Promise<void> }> {
  const holder = new pg.Client({ connectionString: url, keepAlive: true });
  const { promise: lost, reject } = Promise.withResolvers<never>();
  // Whoever awaits `lost` hears of it; without this a loss before that would end the process unexplained.
  lost.catch(() => undefined);
  let closing = false;
  const lose = (cause?: Error): void => {
    if (!closing)
      reject(
        new WizardError('holding the store: the connection to PostgreSQL ended', {
          code: 'store/lost',
          remedy: 'fix-setup',
          cause,
        }),
      );
  };
  holder.on('error', lose);
  holder.on('end', () => lose());
  await connect(holder);
  const { rows } = await holder.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [ownerLock]);
  if (!rows[0]?.held) {
    closing = true;
    await holder.end();
    throw new WizardError('opening the store: another server holds this PostgreSQL database', {
      code: 'store/in-use',
      remedy: 'fix-setup',
      hint: 'Stop the other server, or give this one a database of its own.',
    });
  }
  const durable = pool(url, 'on');
  const relaxed = pool(url, 'off');
  return {
    database: { durable: kysely(durable), relaxed: kysely(relaxed) },
    lost,
    close: async () => {
      closing = true;
      await Promise.all([durable.end(), relaxed.end(), holder.end()]);
    },
  };
}

/** Connects and goes; throws `store/unavailable`. */
export async function tryPostgres(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 10_000 });
  // The connection may break after we are done with it.
  client.on('error', () => undefined);
  await connect(client);
  await client.end();
}

async function connect(client: pg.Client): Promise<void> {
  try {
    await client.connect();
  } catch (error) {
    throw new WizardError(`connecting to PostgreSQL: ${describeError(error)}`, {
      code: 'store/unavailable',
      remedy: 'fix-setup',
      hint: 'See whether DATABASE_URL is right and the server runs.',
      cause: error,
    });
  }
}

function pool(url: string, synchronousCommit: 'on' | 'off'): pg.Pool {
  const made = new pg.Pool({
    connectionString: url,
    max: 5,
    options: `-c synchronous_commit=${synchronousCommit}`,
    // Our times and counters fit a double; as text they would not compare.
    types: {
      getTypeParser: (id: number, format?: 'text' | 'binary') =>
        id === int8 ? Number : pg.types.getTypeParser(id, format as 'text'),
    },
  });
  // A connection that breaks while idle is replaced by the pool; whoever uses a broken one hears of it.
  made.on('error', () => undefined);
  return made;
}

const kysely = (over: pg.Pool): Kysely<Tables> =>
  new Kysely<Tables>({
    dialect: new PostgresDialect({ pool: { connect: () => cleanClient(over), end: () => over.end() } }),
  });

/** A client that is only given values that PostgreSQL takes. */
async function cleanClient(over: pg.Pool): Promise<PostgresPoolClient> {
  const client = await over.connect();
  const query = (text: string, values: readonly unknown[]) => client.query(text, values.map(clean));
  return { query: query as unknown as PostgresPoolClient['query'], release: () => client.release() };
}

/** Its text cannot hold NUL, which programs print; its integers cannot hold a fraction of a millisecond. SQLite takes both. */
function clean(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\ufffd');
  return typeof value === 'number' ? Math.round(value) : value;
}
