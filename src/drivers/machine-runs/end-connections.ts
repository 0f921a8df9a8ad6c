import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../../kit/path-kind.ts';
import { runCommand } from '../../kit/run-command.ts';

/**
 * Ends the connections whose sockets lie there. Ansible leaves them open for a minute, each held by a process that has overwritten
 * the mark of its run, and a host of a pool is somebody else's by then.
 */
export async function endConnections(sockets: string, signal: AbortSignal): Promise<void> {
  const names = (await orMissing(readdir(sockets))) ?? [];
  for (const name of names) {
    const argv = ['ssh', '-o', `ControlPath=${join(sockets, name)}`, '-O', 'exit', '--', 'machine'];
    // A socket that nobody holds any more is answered by a failure.
    await runCommand(argv, { signal, timeLimitMs: 5000, allow: () => true });
  }
}
