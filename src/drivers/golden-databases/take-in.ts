import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { WizardError } from '../../domain/wizard-error.ts';
import { type OpenCommand, openCommand } from '../../kit/dumps/open-command.ts';
import { fetchedDump, fileDump, firstBytes, type OpenDump, prefixed, printedDump } from '../../kit/dumps/open-dump.ts';
import { pour } from '../../kit/dumps/pour.ts';
import type { BakeCall } from '../../ports/data-bakes.ts';
import { bakingVariable } from './baking-folder.ts';
import type { BakeRoom, EngineFamily } from './engine-family.ts';
import { type FileOrigin, type GoldenSource, originText } from './golden-source.ts';
import { mysqlDumps } from './mysql/mysql-dumps.ts';
import { severalClients } from './mysql/several-clients.ts';
import { dumpPostgres, restorePostgres, roleErrors } from './postgres/postgres-dumps.ts';
import { openStored } from './stored-object.ts';
import { withoutData } from './without-data.ts';

export interface TakeIn {
  readonly name: string;
  readonly source: GoldenSource;
  readonly database: string;
  readonly family: EngineFamily;
  readonly room: BakeRoom;
  readonly call: BakeCall;
}

const saidEveryMs = 2000;
const customMark = 'PGDMP';

/** Brings the data into the private server, whatever it comes from. Answers how many bytes it was. */
export async function takeIn(about: TakeIn): Promise<number> {
  const { source, call, room, name } = about;
  const { from } = source;
  if ('host' in from && from.by === 'postgres') {
    call.doing(`dumping ${originText(from)}`);
    const folder = await dumpPostgres(room, source, from, name, call);
    call.doing('loading the dump');
    return restorePostgres(room, about.database, folder, call);
  }
  if ('host' in from) {
    let bytes = 0;
    for (const dump of await mysqlDumps(room, source, from, name, call)) {
      call.doing(dump.what);
      bytes += await loadText(about, await dump.open());
    }
    return bytes;
  }
  if (
    from.by === 'file' &&
    source.engine === 'postgres' &&
    source.container === undefined &&
    (await isCustom(from.path))
  ) {
    // It may be read at several places at once where it lies.
    call.doing(`loading the dump: ${from.path}`);
    return restorePostgres(room, about.database, from.path, call);
  }
  call.doing(`reading the dump: ${originText(from)}`);
  return loadFile(about, await openFile(about, from));
}

function openFile({ name, call, room }: TakeIn, from: FileOrigin): Promise<OpenDump> {
  const { signal, write } = call;
  switch (from.by) {
    case 'file':
      return fileDump(name, from.path, signal);
    case 'url':
      return fetchedDump(name, from.url, signal);
    case 's3':
      return openStored(name, from.object, signal);
    case 'command': {
      const env = { [bakingVariable]: room.folder.path };
      return printedDump(
        { argv: from.run, env, cwd: from.directory },
        {
          doing: `running the command of ${name}`,
          say: write,
          signal,
          why: (cause) =>
            new WizardError(`running the command of ${name}`, {
              code: 'data/dump-failed',
              remedy: 'fix-setup',
              hint: 'The last lines are what it said. It must print a dump and end with status 0.',
              cause,
            }),
        },
      );
    }
  }
}

/** Whether a file is of `pg_dump` in its custom format, and not compressed once more. One that cannot be read is not: `fileDump` says why. */
async function isCustom(path: string): Promise<boolean> {
  const stream = createReadStream(path, { end: customMark.length - 1 });
  try {
    return (await firstBytes(stream)).toString('latin1') === customMark;
  } catch (error) {
    if (error instanceof Error && 'errno' in error) return false;
    throw error;
  }
}

/** SQL, or the custom format of `pg_dump`; its first bytes say. */
async function loadFile(about: TakeIn, dump: OpenDump): Promise<number> {
  const { source, room, call, name } = about;
  let first: Buffer;
  try {
    first = await firstBytes(dump.stream);
  } catch (error) {
    await dump.whole;
    throw error;
  }
  const stream = Readable.from(prefixed(first, dump.stream), { objectMode: false });
  const isOfDump = first.subarray(0, customMark.length).toString('latin1') === customMark;
  if (isOfDump && source.engine !== 'postgres') throw wrongFormat(name, source);
  if (!isOfDump) return loadText(about, { ...dump, stream });
  // It is read at several places at once.
  const file = `${room.folder.path}/dump`;
  await pour(name, { ...dump, stream }, catTo(file, room, call), {
    signal: call.signal,
    progress: progressOf(about, 'fetching'),
  });
  call.doing('loading the dump');
  return restorePostgres(room, about.database, file, call);
}

const catTo = (file: string, room: BakeRoom, call: BakeCall): OpenCommand =>
  openCommand(
    { argv: ['tee', '--', file], env: { [bakingVariable]: room.folder.path }, cwd: room.folder.path },
    'writing the dump',
    call.write,
  );

async function loadText(about: TakeIn, dump: OpenDump): Promise<number> {
  const { family, room, database, source, call, name } = about;
  const client = family.client(room, database, 'dump');
  const errors = source.engine === 'postgres' ? roleErrors() : undefined;
  const say = (text: string): void => {
    call.write(text);
    if (errors?.hear(text)) load.stop();
  };
  const begin = (): OpenCommand => openCommand(client, 'loading the dump', say, withoutData);
  const load = source.engine === 'postgres' ? begin() : severalClients(begin);
  const ended = load.ended.catch((cause: unknown) => {
    throw loadFailed(name, errors?.first() ?? cause);
  });
  ended.catch(() => undefined);
  const { bytes } = await pour(
    name,
    dump,
    { ...load, ended },
    { signal: call.signal, progress: progressOf(about, 'loading') },
  );
  const first = errors?.first();
  if (first) throw loadFailed(name, first);
  return bytes;
}

function progressOf({ call, room }: TakeIn, doing: string): (bytes: number) => void {
  let saidAt = room.clock.monotonic();
  return (bytes) => {
    if (room.clock.monotonic() - saidAt < saidEveryMs) return;
    saidAt = room.clock.monotonic();
    call.doing(`${doing} the dump: ${(bytes / 1e6).toFixed(0)} MB so far`);
  };
}

const loadFailed = (name: string, cause: unknown): WizardError =>
  new WizardError(`loading the dump of ${name}: the server refused it`, {
    code: 'data/load-failed',
    remedy: 'fix-setup',
    hint: 'The last lines say which statement. Is "engine" right, and the server not older than the one that the dump is from?',
    cause,
  });

const wrongFormat = (name: string, { engine }: GoldenSource): WizardError =>
  new WizardError(`reading the dump of ${name}: it is one of pg_dump, but "engine" is ${engine}`, {
    code: 'golden/wrong-format',
    remedy: 'fix-setup',
    hint: 'Set "engine: postgres", or name another dump.',
  });
