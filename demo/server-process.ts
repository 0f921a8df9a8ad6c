import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { browse, until } from './browse.ts';
import type { Playground } from './playground.ts';

export interface ServerProcess {
  readonly child: ChildProcess;
  readonly logPath: string;
  stop(): Promise<void>;
}

export interface StartAbout {
  /** Ctrl-C on our terminal does not reach it, so whoever started it must stop it even then. Missing: it ends by it. */
  readonly outlivesInterrupt?: boolean;
}

/** Starts the server as an operator would, in a process of its own, and waits until it answers. */
export async function startServer(
  { folder, configPath, apiPort }: Playground,
  { outlivesInterrupt = false }: StartAbout = {},
): Promise<ServerProcess> {
  const logPath = join(folder, 'server.log');
  const log = openSync(logPath, 'a');
  const wizard = new URL('../bin/wizard.js', import.meta.url).pathname;
  const command = [wizard, 'serve', '--config', configPath];
  const child = spawn(process.execPath, command, { stdio: ['ignore', log, log], detached: outlivesInterrupt });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await until(`the server to answer (its log is ${logPath})`, 30_000, async () => {
    if (child.exitCode !== null) throw new Error(`the server ended at once; its log is ${logPath}`);
    return browse({ port: apiPort, host: 'localhost', path: '/healthz' }).catch(() => undefined);
  });
  return {
    child,
    logPath,
    stop: async () => {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
