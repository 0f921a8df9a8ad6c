import { writeApiFile } from './api/api-file.ts';
import { type Assembled, assemble } from './assemble.ts';
import { loadConfig } from './config/load-config.ts';
import { WizardError } from './domain/wizard-error.ts';
import type { Log } from './ports/call.ts';

export interface ServeOptions {
  readonly configPath: string;
  /** Ends the server; the environments go on running. */
  readonly signal: AbortSignal;
  readonly log: Log;
  /** Called once it listens. */
  readonly ready?: (server: Assembled) => void;
}

/** Runs the server until the signal aborts; rejects when it cannot start, or loses its store. */
export async function serve({ configPath, signal, log, ready }: ServeOptions): Promise<void> {
  const config = await loadConfig(configPath);
  const server = await started(config.listen, () => assemble(config, log));
  try {
    await writeApiFile(config.dataDirectory, { url: server.apiUrl, token: config.apiToken });
    log.info('server.ready', {
      api: server.apiUrl,
      gateway: server.gatewayPort,
      repositories: config.repositories.length,
    });
    ready?.(server);
    await Promise.race([whenAborted(signal), server.store.lost]);
    log.info('server.stopping', {});
  } finally {
    await server.close();
  }
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });

async function started(
  listen: { readonly api: { readonly port: number }; readonly gateway: { readonly port: number } },
  start: () => Promise<Assembled>,
): Promise<Assembled> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || (error.code !== 'EADDRINUSE' && error.code !== 'EACCES'))
      throw error;
    throw new WizardError('starting the server', {
      code: 'server/port-taken',
      remedy: 'fix-setup',
      hint: `Another program uses port ${listen.api.port} or ${listen.gateway.port}. Stop it, or set other ports under "listen" in wizard.yml.`,
      cause: error,
    });
  }
}
