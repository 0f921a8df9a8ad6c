import { randomBytes } from 'node:crypto';
import { totalmem } from 'node:os';
import { WizardError } from '../../domain/wizard-error.ts';
import { CommandOutput, lastLines } from '../../kit/command-output.ts';
import { type OpenCommand, openCommand } from '../../kit/dumps/open-command.ts';
import { pauseUnless } from '../../kit/pause-unless.ts';
import type { Clock } from '../../ports/clock.ts';
import { because, type DockerEngine } from './docker-engine.ts';

export interface PrivateServerAbout {
  readonly engine: DockerEngine;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Name of its container; that of its volume is the same. */
  readonly name: string;
  readonly labels: readonly string[];
  readonly image: string;
  readonly database: string;
}

/** A database server that nobody but us can reach: it has no network. */
export interface PrivateServer {
  /** Of its `root`; made up, and kept in the image for the first start of an environment alone. */
  readonly password: string;
  /** Loads the SQL that it is given. */
  load(write: (text: string) => void): OpenCommand;
  /** How many tables there are. */
  tables(): Promise<number>;
  /** Shuts it down with nothing left to do at the next start. */
  stop(): Promise<void>;
}

/** The conventions of the official images of MySQL, MariaDB and Percona. */
const dataFolder = '/var/lib/mysql';
const startLimitMs = 10 * 60_000;
/** All that waits in memory is written before it ends. */
const stopLimitSeconds = 3600;
const pauseMs = 300;

/** By TCP: while the image makes an empty database, its server listens on a socket only. */
const ping = 'mysqladmin ping -h 127.0.0.1 --silent 2>/dev/null || mariadb-admin ping -h 127.0.0.1 --silent';
const client = 'if command -v mariadb >/dev/null; then exec mariadb "$@"; else exec mysql "$@"; fi';

/** Settings for loading, which hold for this server alone. A crash of it is no loss: the bake begins anew. */
function forLoading(): string[] {
  const pool = Math.round(Math.min(2 * 1024 ** 3, Math.max(128 * 1024 ** 2, totalmem() / 8)));
  return [
    '--innodb-flush-log-at-trx-commit=0',
    '--innodb-doublewrite=0',
    `--innodb-buffer-pool-size=${pool}`,
    '--innodb-fast-shutdown=0',
    '--loose-skip-log-bin',
    '--loose-innodb-buffer-pool-dump-at-shutdown=0',
    '--max-allowed-packet=1073741824',
  ];
}

export async function startPrivateServer(about: PrivateServerAbout): Promise<PrivateServer> {
  const { engine, signal, name, labels, image, database } = about;
  const password = randomBytes(24).toString('hex');
  const secret = { MYSQL_PWD: password };
  await engine
    .run(
      [
        ...['run', '--detach', '--name', name, '--network', 'none', ...labels],
        ...['--volume', `${name}:${dataFolder}`],
        ...['--env', 'MYSQL_ROOT_PASSWORD', '--env', `MYSQL_DATABASE=${database}`, image, ...forLoading()],
      ],
      { doing: `starting ${image}`, signal, env: { MYSQL_ROOT_PASSWORD: password } },
    )
    .catch(because('data/server-failed', `starting a private server of ${image}`, serverHint(image)));
  await answers(about);
  const asked = ['exec', '--interactive', '--env', 'MYSQL_PWD', name, 'sh', '-c', client, 'client', '--user=root'];
  return {
    password,
    load(write) {
      const words = ['--max-allowed-packet=1073741824', '--binary-mode', database];
      const command = openCommand(engine.call([...asked, ...words], secret), `loading the dump into ${image}`, write);
      const ended = command.ended.catch(
        because(
          'data/load-failed',
          `loading the dump into ${image}`,
          'The last lines say which statement it refused. Is the server of "bake" of the version that the dump is from?',
        ),
      );
      ended.catch(() => undefined);
      return { ...command, ended };
    },
    async tables() {
      const sql = `SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = '${database}'`;
      const doing = 'counting tables';
      const { stdout } = await engine.run([...asked, '--skip-column-names', '--batch', '--execute', sql], {
        ...{ doing, signal, env: secret, input: '' },
      });
      return Number(stdout.trim());
    },
    async stop() {
      const limit = { timeLimitMs: (stopLimitSeconds + 60) * 1000, signal, doing: `stopping ${image}` };
      await engine.run(['stop', '--time', String(stopLimitSeconds), name], limit);
      const { stdout } = await engine.run(['inspect', '--format', '{{.State.ExitCode}}', name], {
        doing: 'asking how it ended',
        signal,
      });
      if (stdout.trim() !== '0') throw ended(image, await said(engine, name));
    },
  };
}

async function answers({ engine, clock, signal, name, image }: PrivateServerAbout): Promise<void> {
  const end = clock.monotonic() + startLimitMs;
  for (;;) {
    const asked = await engine.run(['exec', name, 'sh', '-c', ping], { doing: 'asking', signal, allow: () => true });
    if (asked.status === 0) return;
    const running = await engine.run(['inspect', '--format', '{{.State.Running}}', name], { doing: 'looking', signal });
    if (running.stdout.trim() !== 'true' || clock.monotonic() > end) throw ended(image, await said(engine, name));
    await pauseUnless(signal, clock, pauseMs);
  }
}

async function said(engine: DockerEngine, name: string): Promise<string[]> {
  const { stdout, stderr } = await engine.run(['logs', '--tail', '20', name], { doing: 'reading its log' });
  return lastLines(`${stdout}\n${stderr}`);
}

const ended = (image: string, lines: readonly string[]): WizardError =>
  new WizardError(`running a private server of ${image}: it ended by itself, or does not answer`, {
    code: 'data/server-failed',
    remedy: 'fix-setup',
    hint: serverHint(image),
    cause: new CommandOutput(lines),
  });

const serverHint = (image: string): string =>
  `"server" of "bake" must be an image with the conventions of the official MySQL and MariaDB images. Try \`docker run ${image}\` by hand.`;
