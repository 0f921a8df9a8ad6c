import { userInfo } from 'node:os';
import { type Command, Option } from 'commander';
import { type Client, createClient } from './client.ts';
import { findServer, type ServerOptions } from './find-server.ts';
import type { Terminal } from './terminal.ts';

/** A command adds itself to the program. */
export type AddCommand = (program: Command, terminal: Terminal) => void;

export interface ApiOptions extends ServerOptions {
  readonly json?: boolean;
}

/** The file that a local command works with. */
export const configOption = (): Option =>
  new Option('-c, --config <file>', 'the settings of the server').env('WIZARD_CONFIG').default('wizard.yml');

/** The options that every command has which talks to the server. */
export function withServer(command: Command): Command {
  return command
    .option('--server <url>', 'address of the server (or WIZARD_SERVER)')
    .option('--token <token>', 'its token (or WIZARD_TOKEN, which other users of the machine cannot see)')
    .addOption(configOption())
    .option('--json', 'print JSON, for scripts');
}

export async function connect(options: ApiOptions, terminal: Terminal): Promise<Client> {
  return createClient(await findServer(options, terminal.env), terminal, userName(terminal.env));
}

/** For the timeline: "redeploy asked by maria". Some containers run as a user that has no name. */
function userName(env: Terminal['env']): string {
  try {
    return userInfo().username;
  } catch {
    return env['USER'] ?? 'somebody';
  }
}

export const environmentPath = (id: string, rest = ''): string =>
  `/api/v1/environments/${encodeURIComponent(id)}${rest}`;

export const printJson = (terminal: Terminal, value: unknown): void =>
  terminal.out(`${JSON.stringify(value, undefined, 2)}\n`);
