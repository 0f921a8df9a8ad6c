import { randomBytes } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Clock } from '../../ports/clock.ts';
import { remoteRun } from './remote-run.ts';
import { loginFiles, pinnedKeys, type SshLogin } from './ssh-login.ts';

const limitMs = 15_000;

/**
 * Signs in and out again. The first time, if no host key is known, the one that is shown is pinned, and only when the login worked:
 * a machine that is still booting may show the keys of its image.
 */
export async function signIn(login: SshLogin, about: { signal?: AbortSignal; clock?: Clock }): Promise<void> {
  const doing = `signing in to ${login.host}`;
  const ask = { ...about, doing, timeLimitMs: limitMs, maxOutputBytes: 64 * 1024, overflow: 'keep-tail' as const };
  if ((await pinnedKeys(login.config)).length > 0) {
    await remoteRun(login, ['true'], ask);
    return;
  }
  const { knownHosts } = loginFiles(dirname(login.config));
  // One of its own for each, since two may meet the machine at once.
  const firstContact = `${knownHosts}-${randomBytes(4).toString('hex')}`;
  const path = `"${firstContact.replaceAll('%', '%%')}"`;
  const options = ['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${path}`];
  try {
    await remoteRun(login, ['true'], { ...ask, options });
    await rename(firstContact, knownHosts);
  } finally {
    await rm(firstContact, { force: true });
  }
}
