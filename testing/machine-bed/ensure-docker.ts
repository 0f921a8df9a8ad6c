import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { settleInRealTime } from '../conformance/settle.ts';
import { docker } from './docker.ts';

const log = join(tmpdir(), 'machine-bed-dockerd.log');
const pidFile = '/run/docker.pid';

/**
 * Finds the Docker Engine of this machine, or starts one that goes on when we end. There is never a second: two in one network
 * namespace take each other's bridge away.
 */
export async function ensureDocker(): Promise<void> {
  if (await answers()) return;
  if (isStarting()) return untilItAnswers();
  const output = openSync(log, 'a');
  const daemon = spawn('dockerd', ['--pidfile', pidFile], { detached: true, stdio: ['ignore', output, output] });
  await once(daemon, 'spawn');
  daemon.unref();
  await untilItAnswers();
}

const answers = (): Promise<boolean> =>
  docker(['version', '--format', '{{.Server.Version}}'], { timeLimitMs: 10_000 }).then(
    () => true,
    () => false,
  );

async function untilItAnswers(): Promise<void> {
  await settleInRealTime(60_000)(answers).catch((cause: unknown) => {
    const said = existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(-8).join('\n') : '';
    throw new Error(`starting the Docker Engine: it does not answer\n${said}`, { cause });
  });
}

/** Another process may have started it a moment ago. */
const isStarting = (): boolean =>
  existsSync(pidFile) && existsSync(join('/proc', readFileSync(pidFile, 'utf8').trim(), 'stat'));

/** Without this capability a container cannot be `--privileged` (there are virtual machines whose root lacks it). */
export function hasEveryCapability(): boolean {
  const bounding = /^CapBnd:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  const sysResource = 24n;
  return ((BigInt(`0x${bounding}`) >> sysResource) & 1n) === 1n;
}
