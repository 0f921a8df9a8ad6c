import { CommanderError } from 'commander';
import { oneLine, plainText } from '../domain/plain-text.ts';
import { codeOf, describeError, hintOf, remedyOf } from '../domain/wizard-error.ts';
import { redact } from '../kit/redact.ts';
import { exitCodeOf, exitCodes } from './exit-codes.ts';
import { createProgram } from './program.ts';
import type { Terminal } from './terminal.ts';

/** Runs one command line and answers the exit code; whatever goes wrong is said in words a person understands. */
export async function run(words: readonly string[], version: string, terminal: Terminal): Promise<number> {
  const program = createProgram(version, terminal);
  try {
    if (words.length === 0) {
      program.outputHelp();
      return exitCodes.ok;
    }
    await program.parseAsync(words, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Commander has said what is wrong, or printed the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    if (isInterruption(error, terminal.signal)) {
      terminal.err('Stopped. The server goes on with what it was asked for.\n');
      return exitCodes.interrupted;
    }
    terminal.err(explained(error, words.includes('--json'), terminal));
    return exitCodeOf(error);
  }
}

/** What Ctrl-C made end; not what went wrong while the server was stopping. */
const isInterruption = (error: unknown, { aborted, reason }: AbortSignal): boolean =>
  codeOf(error) === 'cli/interrupted' ||
  (aborted && (error === reason || (error instanceof Error && error.name === 'AbortError')));

function explained(error: unknown, json: boolean, { paintErr, env }: Terminal): string {
  const code = codeOf(error);
  const hint = hintOf(error);
  const message = redact(describeError(error));
  if (json) return `${JSON.stringify({ error: { code, message, ...(hint === undefined ? {} : { hint }) } })}\n`;
  const unforeseen = code === 'unexpected/error' || remedyOf(error) === 'report-bug' || env['WIZARD_DEBUG'];
  const stack = unforeseen && error instanceof Error ? `\n${plainText(redact(error.stack ?? ''))}` : '';
  const lines = [
    `${paintErr('red', 'wizard:')} ${plainText(message)}`,
    ...(hint === undefined ? [] : [oneLine(hint, 2000)]),
  ];
  return `${lines.join('\n')}${stack}\n`;
}
