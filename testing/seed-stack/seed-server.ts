import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { browse, type Seen, until } from '../../demo/browse.ts';
import type { SeenEnvironment } from '../real-server.ts';
import { type RunningWizard, startWizard } from '../run-wizard.ts';
import { apiToken } from './seed-config.ts';

export interface SeedServer {
  start(): Promise<RunningWizard>;
  kill(): Promise<void>;
  stop(): Promise<void>;
  running(): RunningWizard;
  port(of: 'api' | 'gateway'): number;
  api(path: string, method?: string): Promise<Seen>;
  /** The live page or the application, as the gateway shows it. */
  gateway(host: string): Promise<Seen>;
  find(number: number): Promise<SeenEnvironment | undefined>;
  /** Waits for a phase; fails at once when it is parked instead. */
  reach(number: number, phase: string, limitMs?: number): Promise<SeenEnvironment>;
}

export const environmentOf = (number: number): string => `shop-${number}`;

/** `wizard serve` in a process of its own, and its API. */
export function seedServer(configPath: string, folder: string, gatewayAddress: string): SeedServer {
  let wizard: RunningWizard | undefined;
  let at = { api: 0, gateway: 0 };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const ending = wizard;
    wizard = undefined;
    if (ending) await writeFile(join(folder, 'server.log'), ending.printed.out + ending.printed.err, { flag: 'a' });
    ending?.kill(signal);
    await ending?.ended;
  };
  const api = (path: string, method = 'GET'): Promise<Seen> =>
    browse({
      ...{ port: at.api, host: '127.0.0.1', path: `/api/v1/${path}`, method },
      headers: { authorization: `Bearer ${apiToken}`, accept: 'application/json' },
    });
  const find = async (number: number): Promise<SeenEnvironment | undefined> => {
    const seen = await api(`environments/${environmentOf(number)}`);
    return seen.status === 200 ? (JSON.parse(seen.body) as SeenEnvironment) : undefined;
  };
  return {
    api,
    find,
    port: (of) => at[of],
    gateway: (host: string) => browse({ port: at.gateway, host, address: gatewayAddress }),
    running(): RunningWizard {
      if (!wizard) throw new Error('the server is not running');
      return wizard;
    },
    async start(): Promise<RunningWizard> {
      // Ctrl-C in the demo must not end it before its story is told.
      wizard = startWizard(['serve', '--config', configPath], { detached: true });
      await wizard.until(/server\.ready.*\n/);
      const line = wizard.printed.out.split('\n').find((text) => text.includes('server.ready')) ?? '{}';
      const ready = JSON.parse(line);
      at = { api: Number(new URL(ready.api).port), gateway: ready.gateway };
      return wizard;
    },
    kill: () => end('SIGKILL'),
    stop: () => end('SIGTERM'),
    async reach(number, phase, limitMs = 240_000) {
      let last: SeenEnvironment | undefined;
      return until(`${environmentOf(number)} to be ${phase}`, limitMs, async () => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        last = await find(number);
        if (last?.phase === 'failed' && phase !== 'failed') throw new Error(`it failed: ${JSON.stringify(last)}`);
        return last?.phase === phase ? last : undefined;
      }).catch((error: Error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
      });
    },
  };
}
