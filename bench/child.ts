import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { standBackBy, standSessionBack } from '../src/kit/stand-session-back.ts';

/** A part of a benchmark in a process of its own, so that it shares no thread with whoever measures it. */
export interface Child {
  /** Sends a question and waits for the one answer to it. */
  ask<Answer>(question: unknown): Promise<Answer>;
  stop(): Promise<void>;
}

/** Starts `script` and waits for its first message. It says why it failed on our standard error. */
export async function startChild<First>(
  script: URL,
  args: readonly string[],
): Promise<{ readonly child: Child; readonly first: First }> {
  const process = fork(script, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const first = await nextMessage<First>(process);
  const child: Child = {
    ask: (question) => {
      const answer = nextMessage<never>(process);
      process.send(question as string);
      return answer;
    },
    stop: () => ended(process, () => process.disconnect()),
  };
  return { child, first };
}

/** Burns one core, as a build step of ours may: in a session of its own that stands back. */
export async function startBurner(): Promise<() => Promise<void>> {
  const argv = ['-n', String(standBackBy), process.execPath, '-e', 'for (;;);'];
  const burner = spawn('nice', argv, { stdio: 'ignore', detached: true });
  await once(burner, 'spawn');
  standSessionBack(burner);
  return () => ended(burner, () => void burner.kill('SIGKILL'));
}

function nextMessage<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const failed = (code: number | null): void => reject(new Error(`a part of the benchmark ended with ${code}`));
    child.once('exit', failed);
    child.once('message', (message: Message) => {
      child.off('exit', failed);
      resolve(message);
    });
  });
}

async function ended(child: ChildProcess, end: () => void): Promise<void> {
  const gone = once(child, 'exit');
  if (child.exitCode !== null || child.signalCode !== null) return;
  end();
  await gone;
}
