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
  await change(ground, one, (table) => `id > ${Math.floor(rowsOf(engine, table, megabytes) * 0.99)}`);
  const newest = (await ownBytes(ground, clones, one)) / bytes;
  await clones.remove(one);
  const other = await clones.make({ engine, source, version });
  await change(ground, other, (table) => (table === largest ? 'id % 100 = 7' : 'id < 0'));
  const scattered = (await ownBytes(ground, clones, other)) / bytes;
  await clones.remove(other);
  return { untouched, newest, scattered };
}

async function change(
  ground: Ground,
  { facts, password }: Environment,
  which: (table: TableName) => string,
): Promise<void> {
  const asking = await connect(facts, password, ground.signal);
  // Of the same length: a row that grows may have the server make room for more to come, which is not what was asked.
  for (const table of tableNames) {
    const column = plainColumns[table];
    await asking.ask(`UPDATE ${table} SET ${column} = REVERSE(${column}) WHERE ${which(table)}`);
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
