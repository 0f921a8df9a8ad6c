import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import { findApiFile } from '../api/api-file.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { Secret } from '../kit/secret.ts';
import type { Terminal } from './terminal.ts';

export interface Server {
  /** `http://127.0.0.1:4700/` */
  readonly url: string;
  readonly token: Secret;
}

export interface ServerOptions {
  readonly server?: string;
  readonly token?: string;
  readonly config: string;
}

/** From the options, else the environment, else what a server of this directory's wizard.yml wrote when it started. */
export async function findServer(options: ServerOptions, env: Terminal['env']): Promise<Server> {
  const url = options.server ?? env['WIZARD_SERVER'];
  const token = options.token ?? env['WIZARD_TOKEN'];
  if (url && token) return { url: checkedUrl(url), token: new Secret(token) };
  const file = await findApiFile(await dataDirectoryOf(options.config));
  const found = { url: url || file?.url, token: token ? new Secret(token) : file?.token };
  if (!found.url || !found.token) throw noServer(found.url === undefined ? 'where it is' : 'its token');
  const checked = checkedUrl(found.url);
  // The token of this machine's server is not for another one.
  if (!token && file && new URL(file.url).origin !== new URL(checked).origin)
    throw noServer('the token of that server');
  return { url: checked, token: found.token };
}

/** Where the server keeps its data. Read without checking the rest of the file: a mistake in it must not keep anyone from looking at environments. */
export async function dataDirectoryOf(config: string): Promise<string> {
  const path = resolve(config);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw new WizardError(`reading ${path}`, { code: 'cli/no-server', remedy: 'fix-setup', cause: error });
  });
  return resolve(dirname(path), directoryIn(text) ?? './data');
}

function directoryIn(text: string): string | undefined {
  try {
    const value: unknown = parse(text);
    if (typeof value !== 'object' || value === null || !('data-directory' in value)) return undefined;
    return typeof value['data-directory'] === 'string' ? value['data-directory'] : undefined;
  } catch {
    // `wizard check` is the command that says what is wrong with the file.
    return undefined;
  }
}

function checkedUrl(url: string): string {
  const whole = /^https?:\/\//.test(url) ? url : `http://${url}`;
  if (URL.canParse(whole)) return new URL('/', whole).href;
  throw new WizardError(`reading the address of the server: "${url}" is not one`, {
    code: 'cli/usage',
    remedy: 'change-input',
    hint: 'It looks like http://127.0.0.1:4700.',
  });
}

const noServer = (missing: string): WizardError =>
  new WizardError(`looking for the server: nobody said ${missing}`, {
    code: 'cli/no-server',
    remedy: 'change-input',
    hint: 'Run the command where wizard.yml is while the server runs, or give --server URL and --token TOKEN (or WIZARD_SERVER and WIZARD_TOKEN).',
  });
