import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { orMissing } from '../path-kind.ts';
import { runCommand } from '../run-command.ts';

/**
 * Ends the connections whose sockets lie there. Ansible and we leave them open for a minute, each held by a process that knows nothing of
 * who began it, and a machine may be somebody else's by then.
 */
export async function endConnections(sockets: string, signal?: AbortSignal): Promise<void> {
  const names = (await orMissing(readdir(sockets))) ?? [];
  for (const name of names) {
    const argv = ['ssh', '-o', `ControlPath=${join(sockets, name)}`, '-O', 'exit', '--', 'machine'];
    // A socket that nobody holds any more is answered by a failure.
    await runCommand(argv, { ...(signal ? { signal } : {}), timeLimitMs: 5000, allow: () => true });
  }
}
