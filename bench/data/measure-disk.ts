import { runCommand } from '../../src/kit/run-command.ts';
import { connect } from './ask.ts';
import type { Environment, Environments } from './environments.ts';
import type { Ground } from './ground.ts';
import { isServing } from './server-processes.ts';
import type { Staging } from './staging.ts';
import { largest, rowsOf, type TableName, tableNames } from './tables.ts';

/** A column of each table that no index leads to. */
const plainColumns: Readonly<Record<TableName, string>> = {
  customers: 'notes',
  products: 'description',
  orders: 'address',
  order_lines: 'remark',
  reviews: 'body',
  events: 'payload',
};

const lookMs = 50;

/** Room of its own that a clone takes, as a share of the data. Its server is stopped and started again in between, so that nothing waits in memory. */
export async function measureDisk(ground: Ground, clones: Environments, staging: Staging) {
  const { engine, source, version, megabytes, bytes } = staging;
  const one = await clones.make({ engine, source, version });
  const untouched = (await ownBytes(ground, clones, one)) / bytes;
  const hundredth = (table: TableName): Span => {
    const rows = rowsOf(engine, table, megabytes);
    return { from: Math.floor(rows * 0.99) + 1, to: rows };
  };
  await change(ground, one, (table) => oneByOne(hundredth(table)));
  const newest = (await ownBytes(ground, clones, one)) / bytes;
  await clones.remove(one);
  const share = async (which: (table: TableName) => readonly string[]): Promise<number> => {
    const other = await clones.make({ engine, source, version });
    await change(ground, other, which);
    const own = await ownBytes(ground, clones, other);
    await clones.remove(other);
    return own / bytes;
  };
  const atOnce = await share((table) => [between(hundredth(table))]);
  const scattered = await share((table) => (table === largest ? ['id % 100 = 7'] : []));
  return { untouched, newest, atOnce, scattered };
}

interface Span {
  readonly from: number;
  readonly to: number;
}
const between = ({ from, to }: Span): string => `id BETWEEN ${from} AND ${to}`;

/** As an application changes rows: each by its key, in a transaction of its own. */
const oneByOne = ({ from, to }: Span): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => `id = ${from + index}`);

async function change(
  ground: Ground,
  { facts, password }: Environment,
  which: (table: TableName) => readonly string[],
): Promise<void> {
  const asking = await connect(facts, password, ground.signal);
  // Of the same length: a row that grows may have the server make room for more to come, which is not what was asked.
  for (const table of tableNames) {
    const column = plainColumns[table];
    for (const rows of which(table))
      await asking.ask(`UPDATE ${table} SET ${column} = REVERSE(${column}) WHERE ${rows}`);
  }
  await asking.close();
}

async function ownBytes(ground: Ground, clones: Environments, one: Environment): Promise<number> {
  const data = String(one.facts['path']);
  const until = async (serves: boolean): Promise<void> => {
    while ((await isServing(data)) !== serves) {
      ground.signal.throwIfAborted();
      await new Promise((resolve) => setTimeout(resolve, lookMs));
    }
  };
  await clones.change(one, { power: 'off' });
  await until(false);
  await clones.change(one, { power: 'on' });
  await until(true);
  await untilAnswers(ground, one);
  await runCommand(['sync', '--file-system', '--', data], { timeLimitMs: 600_000 });
  const use = await clones.driver.diskUse(one.claim);
  if (use?.counted !== 'extents') throw new Error('the file system does not say what a clone takes for itself');
  return use.own;
}

/** After its start it lets nobody in for a moment. */
async function untilAnswers({ signal }: Ground, { facts, password }: Environment): Promise<void> {
  for (;;) {
    signal.throwIfAborted();
    const asking = await connect(facts, password, signal).catch(() => undefined);
    if (asking) return asking.close();
    await new Promise((resolve) => setTimeout(resolve, lookMs));
  }
}
