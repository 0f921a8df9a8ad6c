import { constants } from 'node:fs';
import { access, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describeError, hintOf, WizardError } from '../domain/wizard-error.ts';
import { makeFolders } from '../kit/make-folders.ts';
import type { Call } from '../ports/call.ts';
import type { CodeHost } from '../ports/code-host.ts';
import { type CheckLine, systemCode, unwatched, type Watch } from './check-line.ts';
import type { AnnouncerConfig, CodeHostConfig, Config, DataSourceConfig } from './config.ts';

/** How credentials are tried; the composition root fills these in with the real drivers. */
export interface CheckTries {
  codeHost(name: string, settings: CodeHostConfig): Pick<CodeHost, 'repository'>;
  /** Signs in without saying anything; answers as whom. */
  announcer(settings: AnnouncerConfig, call: Call): Promise<string>;
  /** Looks into the database without changing it. */
  database(config: Config): Promise<string>;
  /** Whether it is the server of this wizard.yml itself that listens there. */
  isOwnServer(what: 'api' | 'gateway'): Promise<boolean>;
  /** Tries one entry of `machines`, making nothing. */
  machine(name: string, call: Call): Promise<MachineTried>;
  /** Tries whether names could be registered in the zone of `dns`; leaves nothing there. */
  zone(dns: DnsConfig, call: Call): Promise<string>;
  /** Tries where one entry of `data-sources` that is no file of this machine gets its rows from, reading none. */
  dataSource(name: string, call: Call): Promise<string>;
  /** Addresses of a host name; none when nobody knows it. Not asked for `localhost`. */
  addresses(host: string): Promise<readonly string[]>;
  readonly call: Call;
}

/** What was found of a machine: each thing that is right, for people, and each that is wrong. */
export interface MachineTried {
  readonly right: readonly string[];
  readonly wrong: readonly unknown[];
}

type DnsConfig = NonNullable<Config['dns']>;

const longestTryMs = 15_000;
/** A machine is many questions. */
const longestMachineMs = 60_000;

/**
 * Tries everything that a right `wizard.yml` may still be wrong about. A fault is a line, never an error. All that stays behind is
 * the data directory, when there was none.
 */
export async function checkConfig(
  config: Config,
  tries: CheckTries,
  watch: Watch = unwatched,
): Promise<readonly CheckLine[]> {
  const { api, gateway } = config.listen;
  const { dns } = config;
  const line = (what: string, attempt: () => Promise<string>) => lineOf(what, () => watch(what, attempt));
  const machines = Promise.all(
    Object.keys(config.machines).map((name) => watch(machineText(name), () => machineLines(name, tries))),
  );
  const lines = await Promise.all([
    line(`data directory ${config.dataDirectory}`, () => tryFolder(config.dataDirectory)),
    line('database', () => tries.database(config)),
    line('address of the API', () => tryAddress(api, () => tries.isOwnServer('api'))),
    line('address of the gateway', () => tryAddress(gateway, () => tries.isOwnServer('gateway'))),
    line(`host names under ${config.domain}`, () => tryDomain(config, tries)),
    ...(dns ? [line(`zone ${dns.zone}`, () => tries.zone(dns, limited(tries.call)))] : []),
    ...config.repositories.map(({ name, codeHost }) =>
      line(`repository ${name} on ${codeHost}`, () => tryRepository(config, codeHost, name, tries)),
    ),
    ...config.announcers.map((announcer) =>
      line(`announcer ${announcer.kind}`, () => tries.announcer(announcer, limited(tries.call))),
    ),
    ...Object.entries(config.dataSources).map(([name, source]) =>
      line(`data source ${name}`, () => tryDataSource(name, source, tries)),
    ),
  ]);
  return [...lines, ...(await machines).flat()];
}

const machineText = (name: string): string => `machine ${name}`;

/** One line for all that is right, and one for each thing that is wrong. */
async function machineLines(name: string, tries: CheckTries): Promise<readonly CheckLine[]> {
  const what = machineText(name);
  try {
    const { right, wrong } = await tries.machine(name, limited(tries.call, longestMachineMs));
    const fine = right.length === 0 ? [] : [{ what, ok: true, message: right.join(', ') }];
    return [...fine, ...wrong.map((error) => faultLine(what, error))];
  } catch (error) {
    return [faultLine(what, error)];
  }
}

const fault = (message: string, hint: string): WizardError =>
  new WizardError(message, { code: 'config/check', remedy: 'fix-setup', hint });

async function lineOf(what: string, attempt: () => Promise<string>): Promise<CheckLine> {
  try {
    return { what, ok: true, message: await attempt() };
  } catch (error) {
    return faultLine(what, error);
  }
}

function faultLine(what: string, error: unknown): CheckLine {
  const hint = hintOf(error);
  return { what, ok: false, message: describeError(error), ...(hint === undefined ? {} : { hint }) };
}

const limited = (call: Call, ms = longestTryMs): Call => ({
  ...call,
  signal: AbortSignal.any([call.signal, AbortSignal.timeout(ms)]),
});

async function tryRepository(config: Config, codeHost: string, name: string, tries: CheckTries): Promise<string> {
  const settings = config.codeHosts[codeHost];
  if (!settings) throw fault(`there is no code host ${codeHost}`, 'Add it under code-hosts.');
  const found = await tries.codeHost(codeHost, settings).repository(name, limited(tries.call));
  return found.name === name ? `readable, id ${found.id}` : `readable; it is called ${found.name} now, id ${found.id}`;
}

async function tryFolder(path: string): Promise<string> {
  const probe = join(path, `.wizard-check-${process.pid}`);
  try {
    makeFolders(path);
    await writeFile(probe, 'x');
    return 'writable';
  } catch (error) {
    if (error instanceof WizardError) throw error;
    throw fault(
      `cannot be written (${systemCode(error)})`,
      'Make the folder writable, or choose another data-directory.',
    );
  } finally {
    await rm(probe, { force: true }).catch((error: unknown) => {
      // Where nothing could be written there is nothing to remove.
      if (!['ENOTDIR', 'EACCES', 'EROFS', 'ENOENT'].includes(systemCode(error))) throw error;
    });
  }
}

async function tryAddress(
  { host, port }: Config['listen']['api'],
  isOwnServer: () => Promise<boolean>,
): Promise<string> {
  const server = createServer();
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, exclusive: true }, resolve);
    });
    return `${host}:${port} is free`;
  } catch (error) {
    const code = systemCode(error);
    const taken = code === 'EADDRINUSE';
    if (taken && (await isOwnServer())) return `${host}:${port} is that of the server of this file, which runs`;
    throw fault(
      `${host}:${port} ${taken ? 'is in use' : `cannot be listened on (${code})`}`,
      taken
        ? 'It is not the server of this file that answers there. Stop what uses it, or choose another port.'
        : 'Choose another address under listen.',
    );
  } finally {
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  }
}

async function tryDomain({ domain, dns }: Config, tries: CheckTries): Promise<string> {
  if (domain === 'localhost' || domain.endsWith('.localhost')) return 'lead to this machine in every browser';
  const found = await tries.addresses(`wizard-check-1.${domain}`);
  if (found.length === 0 && dns) return 'lead nowhere; each is registered when its machine has an address';
  if (found.length === 0) throw fault('lead nowhere', `Make a DNS record for *.${domain} that leads to this machine.`);
  return `lead to ${found.join(', ')}`;
}

async function tryDataSource(name: string, source: DataSourceConfig, tries: CheckTries): Promise<string> {
  const path = source.directory ?? source.dump;
  if (path === undefined) return tries.dataSource(name, limited(tries.call));
  try {
    await access(path, constants.R_OK);
    return `${path} is readable`;
  } catch (error) {
    throw fault(
      `${path} cannot be read (${systemCode(error)})`,
      'Put the file there, or correct the path; paths start at the folder of wizard.yml.',
    );
  }
}
