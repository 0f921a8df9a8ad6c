import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type OpenCommand, openCommand } from '../../../kit/dumps/open-command.ts';
import { removeTree } from '../../../kit/remove-tree.ts';
import { runCommand } from '../../../kit/run-command.ts';
import type { BakeCall } from '../../../ports/data-bakes.ts';
import type { BakeRoom, EngineFamily } from '../engine-family.ts';
import { rememberFiles } from '../untouched.ts';
import { withoutData } from '../without-data.ts';
import { severalClients } from './several-clients.ts';

const briefMs = 60_000;

/**
 * Loads what is in a stopped server into a new one in its place, which so never saw what was masked. For what cannot be cleaned
 * otherwise: logs of other engines than InnoDB, and undo logs where the server keeps them in its one file for all. Answers the files of the new one.
 */
export async function loadAnew(
  family: EngineFamily,
  room: BakeRoom,
  database: string,
  isMaria: boolean,
  call: BakeCall,
): Promise<ReadonlyMap<string, number>> {
  const file = join(room.folder.path, 'masked.sql');
  const dumping = await family.start(room, 'load');
  const words = [
    '--no-defaults',
    `--socket=${join(room.folder.run, 's')}`,
    '--user=root',
    '--single-transaction',
    '--quick',
  ];
  const all = [...words, '--routines', '--events', '--triggers', database];
  const dump = openCommand(
    room.programs.call(isMaria ? 'mariadb-dump' : 'mysqldump', all, { as: 'us' }),
    'dumping the masked data',
    call.write,
  );
  dump.stdin.end();
  await both(dump, pipeline(dump.stdout, createWriteStream(file)), call);
  await dumping.stop();
  await emptyData(room);
  await family.initialise(room);
  const pristine = await rememberFiles(room.folder.data);
  const loading = await family.start(room, 'load');
  const session = await family.session(room);
  try {
    await family.createDatabase(session, database);
    const client = family.client(room, database, 'dump');
    const load = severalClients(() => openCommand(client, 'loading the masked data', call.write, withoutData));
    load.stdout.resume();
    await both(load, pipeline(createReadStream(file), load.stdin), call);
    await session.query(`USE ${family.column(database)}`);
    await family.settle(session, database);
  } finally {
    await session.close();
  }
  await loading.stop();
  await rm(file);
  return pristine;
}

async function both(command: OpenCommand, flow: Promise<void>, { signal }: BakeCall): Promise<void> {
  const stop = (): void => command.stop();
  signal.addEventListener('abort', stop, { once: true });
  try {
    const [, flowed] = await Promise.allSettled([command.ended, flow]);
    signal.throwIfAborted();
    await command.ended;
    if (flowed.status === 'rejected') throw flowed.reason;
  } finally {
    signal.removeEventListener('abort', stop);
    command.stop();
  }
}

async function emptyData({ folder, programs }: BakeRoom): Promise<void> {
  await removeTree(folder.data);
  await mkdir(folder.data, { mode: 0o700 });
  if (process.getuid?.() !== 0) return;
  const { uid, gid } = programs.owner;
  await runCommand(['chown', '--', `${uid}:${gid}`, folder.data], { timeLimitMs: briefMs });
}
