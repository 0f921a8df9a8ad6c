import { constants } from 'node:os';
import { version } from '../version.ts';
import { run } from './run.ts';
import { processTerminal } from './terminal.ts';

// Where `wizard` begins: signals and the exit code are dealt with here, and nowhere else.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(signal, () => {
    // The second time they mean it.
    if (stop.signal.aborted) process.exit(128 + constants.signals[signal]);
    stop.abort(new Error(`stopped by ${signal}`));
  });
}

// `wizard list | head` closes the pipe: that is no mistake.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), version, processTerminal(stop.signal));
