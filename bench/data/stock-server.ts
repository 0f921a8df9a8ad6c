import { join } from 'node:path';
import type { BakeRoom } from '../../src/drivers/golden-databases/engine-family.ts';
import { type PrivateServer, startPrivateServer } from '../../src/drivers/golden-databases/private-server.ts';
import type { ProgramCall } from '../../src/drivers/golden-databases/programs.ts';
import { runCommand } from '../../src/kit/run-command.ts';
import type { BenchEngine } from './asked.ts';
import { database, type PrivateRoom } from './private-room.ts';

const initLimitMs = 10 * 60_000;

/** Makes an empty data folder as the entry of an official image does, with nothing set. */
export async function initialiseStock({ folder, programs, signal }: BakeRoom, engine: BenchEngine): Promise<void> {
  const { argv, env, cwd } =
    engine === 'postgres'
      ? programs.call('initdb', ['-D', folder.data, '-U', 'postgres', '-E', 'UTF8', '-A', 'trust'], { as: 'owner' })
      : programs.call(
          'mariadb-install-db',
          [
            ...['--no-defaults', `--datadir=${folder.data}`, `--tmpdir=${folder.temporary}`, '--skip-test-db'],
            '--auth-root-authentication-method=normal',
          ],
          { as: 'owner' },
        );
  await runCommand(argv, { env, cwd, signal, timeLimitMs: initLimitMs, doing: 'making an empty database server' });
}

/** The server with its stock settings; only where its socket and its temporary files lie is said. */
export function startStock({ family, room }: PrivateRoom, engine: BenchEngine): Promise<PrivateServer> {
  const { folder, programs, clock, signal } = room;
  const call =
    engine === 'postgres'
      ? programs.call(
          'postgres',
          ['-D', folder.data, '-c', `unix_socket_directories=${folder.run}`, '-c', 'listen_addresses='],
          {
            as: 'owner',
          },
        )
      : programs.call(
          'mariadbd',
          [
            ...['--no-defaults', `--datadir=${folder.data}`, `--tmpdir=${folder.temporary}`],
            ...[`--socket=${join(folder.run, 's')}`, '--skip-networking'],
          ],
          { as: 'owner' },
        );
  const greet = async (): Promise<void> => (await family.session(room)).close();
  const stopSignal = engine === 'postgres' ? 'SIGINT' : 'SIGTERM';
  return startPrivateServer({ call, log: folder.log, clock, signal, greet, stopSignal });
}

/** The client that comes with the server, as one types it. */
export const stockClient = ({ programs, folder }: BakeRoom, engine: BenchEngine): ProgramCall =>
  engine === 'postgres'
    ? programs.call(
        'psql',
        [
          '--no-psqlrc',
          '--quiet',
          `--host=${folder.run}`,
          '--username=postgres',
          '--output=/dev/null',
          `--dbname=${database}`,
        ],
        { as: 'us' },
      )
    : programs.call('mariadb', ['--no-defaults', `--socket=${join(folder.run, 's')}`, '--user=root', database], {
        as: 'us',
      });
