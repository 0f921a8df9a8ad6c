import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { WizardError } from '../../../domain/wizard-error.ts';
import { CommandOutput } from '../../../kit/command-output.ts';
import { openCommand } from '../../../kit/dumps/open-command.ts';
import { runCommand } from '../../../kit/run-command.ts';
import type { BakeCall } from '../../../ports/data-bakes.ts';
import type { BakeRoom } from '../engine-family.ts';
import type { GoldenSource, ServerOrigin } from '../golden-source.ts';
import type { ProgramCall } from '../programs.ts';
import { withoutData } from '../without-data.ts';
import { quotedName } from './postgres-names.ts';

const port = 5432;
const hoursMs = 24 * 60 * 60_000;
const atOnce = (): number => Math.min(4, Math.max(2, availableParallelism()));

/** Dumps a server into a folder, several tables at once, all of one moment. Rows of sampled tables come too; most go later. */
export async function dumpPostgres(
  room: BakeRoom,
  source: GoldenSource,
  from: ServerOrigin,
  name: string,
  call: BakeCall,
): Promise<string> {
  const folder = join(room.folder.path, 'dump');
  const without = source.leaveOut.map((pattern) => `--exclude-table-data=*.${patternOf(pattern)}`);
  const words = [
    ...from.options,
    ...without,
    ...['--format=directory', `--jobs=${atOnce()}`, `--file=${folder}`, '--compress=1'],
    ...['--host', from.host, '--port', String(from.port), '--username', from.user, '--no-password', from.database],
  ];
  const secrets = { PGPASSWORD: from.password.reveal() };
  try {
    await run(room.programs.call('pg_dump', words, { as: 'us', network: true, secrets }), 'dumping', call);
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new WizardError(`dumping the database ${from.database} of ${from.host}`, {
      code: 'data/dump-failed',
      remedy: 'fix-setup',
      hint: `Can this machine reach ${from.host} port ${from.port}, may ${from.user} read the database, and is the server here not older than it? Then \`wizard data bake ${name}\`.`,
      cause,
    });
  }
  return folder;
}

/** Loads a dump of `pg_dump`, a folder or a file in its custom format. Answers how many bytes it was. */
export async function restorePostgres(room: BakeRoom, database: string, path: string, call: BakeCall): Promise<number> {
  const words = [
    ...['--no-owner', '--no-privileges', '--exit-on-error', `--jobs=${atOnce()}`, `--dbname=${database}`],
    ...[`--host=${room.folder.run}`, `--port=${port}`, '--username=postgres', path],
  ];
  try {
    await run(room.programs.call('pg_restore', words, { as: 'us' }), 'loading the dump', call);
  } catch (cause) {
    call.signal.throwIfAborted();
    throw new WizardError('loading the dump: the server refused it', {
      code: 'data/load-failed',
      remedy: 'fix-setup',
      hint: 'The last lines say why. A table that is left out must not be one that foreign keys of others lead to.',
      cause,
    });
  }
  const { stdout } = await runCommand(['du', '-sb', '--', path], { timeLimitMs: hoursMs });
  return Number.parseInt(stdout, 10);
}

async function run(program: ProgramCall, doing: string, call: BakeCall): Promise<void> {
  const command = openCommand(program, doing, call.write, withoutData);
  const stop = (): void => command.stop();
  call.signal.addEventListener('abort', stop, { once: true });
  command.stdin.end();
  command.stdout.resume();
  try {
    await command.ended;
  } finally {
    call.signal.removeEventListener('abort', stop);
  }
}

/** As `pg_dump` writes patterns: letters in quotes mean themselves. */
const patternOf = (pattern: string): string =>
  pattern
    .split('*')
    .map((piece) => (piece === '' ? '' : quotedName(piece)))
    .join('*');

/**
 * Listens to `psql`, which goes on after errors: that accounts of the server are not here, or that the database is there, is none.
 * Anything else is, and the first is told.
 */
export function roleErrors() {
  let half = '';
  let found: CommandOutput | undefined;
  return {
    /** True once there was an error that counts. */
    hear(text: string): boolean {
      const lines = `${half}${text}`.split('\n');
      half = lines.pop() ?? '';
      for (const line of lines) {
        const [, error] = /(?:ERROR|FATAL): {2}(.*)/.exec(line) ?? [];
        if (error === undefined || /^(role|database) ".*" (does not exist|already exists)$/.test(error)) continue;
        found ??= new CommandOutput([line]);
      }
      return found !== undefined;
    },
    first: () => found,
  };
}
