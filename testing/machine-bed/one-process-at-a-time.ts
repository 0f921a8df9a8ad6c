import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Does something while no other process of this machine does; the turn ends with us, whatever becomes of us. */
export async function oneProcessAtATime<Answer>(what: string, act: () => Promise<Answer>): Promise<Answer> {
  const file = join(tmpdir(), `${what}.lock`);
  const holder = spawn('flock', [file, 'sh', '-c', 'echo mine && cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  try {
    const first = await Promise.race([once(holder.stdout, 'data'), ended.then(() => undefined)]);
    if (first === undefined) throw new Error(`waiting for a turn at ${file}: flock ended`);
    return await act();
  } finally {
    // What it reads ends, and with it the turn.
    holder.stdin.end();
    await ended;
  }
}
