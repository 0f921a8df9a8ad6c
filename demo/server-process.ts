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

/** Starts the server as an operator would, in a process of its own, and waits until it answers. */
export async function startServer({ folder, configPath, apiPort }: Playground): Promise<ServerProcess> {
  const logPath = join(folder, 'server.log');
  const log = openSync(logPath, 'a');
  const wizard = new URL('../bin/wizard.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [wizard, 'serve', '--config', configPath], { stdio: ['ignore', log, log] });
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
