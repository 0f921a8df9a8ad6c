import { connect } from 'node:net';
import { dirname } from 'node:path';
import type { Config, DataSourceConfig } from '../config/config.ts';
import { describeError, WizardError } from '../domain/wizard-error.ts';
import { lookAtPostgres } from '../drivers/golden-databases/postgres/look-at-postgres.ts';
import { lookAtStored } from '../drivers/golden-databases/stored-object.ts';
import { bytesText } from '../kit/disk-room.ts';
import { fetchedDump } from '../kit/dumps/open-dump.ts';
import { runCommand } from '../kit/run-command.ts';
import type { Call } from '../ports/call.ts';

type Postgres = NonNullable<DataSourceConfig['postgres']>;

/** Tries where a data source gets its rows from, as far as this machine is to reach it, reading none of them. */
export async function tryDataSource({ dataSources, path }: Config, name: string, call: Call): Promise<string> {
  const source = dataSources[name];
  const { mysql, postgres, s3, url, command, load } = source ?? {};
  const takenHere = source?.golden !== undefined || source?.bake !== undefined;
  if (mysql && takenHere) return tryPort(mysql, call);
  if (mysql) return `taken by the machines from ${mysql.host}:${mysql.port}, which is not tried from here`;
  if (postgres) return tryPostgres(postgres, call);
  if (s3) {
    const { bytes } = await lookAtStored(name, s3, call.signal);
    return `s3://${s3.bucket}/${s3.key} is there (${bytesText(bytes)})`;
  }
  if (url && takenHere) {
    const dump = await fetchedDump(name, url, call.signal);
    dump.whole.catch(() => undefined);
    dump.stop();
    return 'its URL answers with a dump';
  }
  if (url) return 'fetched by the machines from a URL, which is not tried from here';
  return tryProgram(command ?? load ?? [], dirname(path), call);
}

/** Whether the program of a command is there; of text for the shell, whether it can be read and its first word is there. */
export async function tryProgram(argv: readonly string[], directory: string, { signal }: Call): Promise<string> {
  const [program = '', option, text = ''] = argv;
  const isText = program === 'sh' && option === '-euc';
  const asked = { cwd: directory, timeLimitMs: 10_000, signal, allow: () => true };
  if (isText) {
    const { status } = await runCommand(['sh', '-n', '-c', text], asked);
    if (status !== 0) throw fault('the shell cannot read its command', 'Correct the command: a quote may be open.');
  }
  const word = isText ? /^\s*([A-Za-z0-9_./+-]+)(?=[\s;&|<>]|$)/.exec(text)?.[1] : program;
  // Variables and brackets come first: what is run then shows only when it is.
  if (word === undefined) return 'its command can be read; it is run when data is made';
  const { status } = await runCommand(['sh', '-c', 'command -v -- "$1"', 'sh', word], asked);
  if (status === 0) return `${word} is there; it is run when data is made`;
  throw fault(
    `there is no program ${word}`,
    'Install it, or correct the command; paths start at the folder of wizard.yml.',
  );
}

async function tryPostgres(from: Postgres, { signal }: Call): Promise<string> {
  const { host, port, user, database } = from;
  const at = `${database} of ${host}:${port}`;
  const { tables, closed } = await lookAtPostgres(from, signal).catch((error: unknown) => {
    throw fault(
      `${at} cannot be read: ${describeError(error)}`,
      'Correct host, port, user, password and database, and see whether this machine may reach the server.',
    );
  });
  const asWhom = `${user} may connect to ${at}`;
  if (closed.length === 0) return `${asWhom}, and read its tables (${tables})`;
  return `${asWhom}, but not read ${closed.slice(0, 3).join(', ')}${closed.length > 3 ? ` and ${closed.length - 3} more` : ''}`;
}

function tryPort({ host, port }: { readonly host: string; readonly port: number }, { signal }: Call): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, signal });
    socket.once('connect', () => {
      socket.destroy();
      resolve(`${host}:${port} answers; whether it lets us in shows when data is made`);
    });
    socket.once('error', (error) => {
      const hint = 'Correct host and port, and see whether this machine may reach the server.';
      reject(fault(`${host}:${port} does not answer: ${describeError(error)}`, hint));
    });
  });
}

const fault = (message: string, hint: string): WizardError =>
  new WizardError(message, { code: 'config/check', remedy: 'fix-setup', hint });
