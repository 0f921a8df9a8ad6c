import { type Detail, detail, type LogReply, logPiece, type StepReply } from '../../api/contract.ts';
import { plainText } from '../../domain/plain-text.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type AddCommand, type ApiOptions, connect, environmentPath, withServer } from '../api-command.ts';
import type { Client } from '../client.ts';
import { followLog } from '../follow-log.ts';
import type { Terminal } from '../terminal.ts';
import { wholeNumber } from '../whole-number.ts';

interface Options extends ApiOptions {
  readonly follow?: boolean;
  readonly lines?: number;
}

export const addLogs: AddCommand = (program, terminal) => {
  withServer(program.command('logs'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .argument('[step]', 'one of its steps; without it the one that failed, works, or serves')
    .description('Print the log of a step')
    .option('-f, --follow', 'go on as it grows, until Ctrl-C')
    .option('-n, --lines <count>', 'only the last lines', wholeNumber)
    .action(async (asked: string, step: string | undefined, options: Options) => {
      const client = await connect(options, terminal);
      const environment = await client.get(detail, environmentPath(asked));
      const name = step ?? interesting(environment, terminal);
      const { text, last } = await readAll(client, environment.id, name);
      print(lastLines(text, options.lines), last, options, terminal);
      if (!options.follow) return;
      const follow = followLog(
        client,
        { id: environment.id, step: name, role: last.role, from: last.next },
        terminal.signal,
      );
      for await (const piece of follow) print(piece.text, piece, options, terminal);
    });
};

/** With --json a line for each piece, so that a script can follow too. */
function print(text: string, piece: LogReply, { json }: Options, terminal: Terminal): void {
  if (json) terminal.out(`${JSON.stringify({ ...piece, text })}\n`);
  else terminal.out(plainText(text));
}

async function readAll(client: Client, id: string, step: string): Promise<{ text: string; last: LogReply }> {
  const texts: string[] = [];
  for (let from = 0, role = step; ; ) {
    const piece = await client.get(
      logPiece,
      environmentPath(id, `/steps/${encodeURIComponent(role)}/log?from=${from}`),
    );
    texts.push(piece.text);
    if (piece.text === '') return { text: texts.join(''), last: piece };
    ({ role, next: from } = piece);
  }
}

function lastLines(text: string, count: number | undefined): string {
  if (count === undefined) return text;
  const lines = text.split(/(?<=\n)/);
  return lines.slice(Math.max(0, lines.length - count)).join('');
}

/** What a person most likely wants to read. */
function interesting({ id, failure, steps }: Detail, terminal: Terminal): string {
  const byState = (state: StepReply['state']): StepReply | undefined =>
    steps.find((step) => step.state === state && keepsLog(step));
  const failed = failure && steps.find(({ name }) => name === failure.step);
  const serving = steps.find(({ kind, state }) => kind === 'process' && state === 'done');
  const found = failed ?? byState('failed') ?? byState('working') ?? serving ?? steps.findLast(keepsLog);
  if (!found) {
    throw new WizardError(`reading a log of ${id}: it has no step that keeps one now`, {
      code: 'request/unknown-step',
      remedy: 'change-input',
      hint: `\`wizard show ${id}\` shows where it stands.`,
    });
  }
  terminal.err(terminal.paintErr('dim', `The log of ${found.name}:\n`));
  return found.name;
}

const keepsLog = ({ kind }: StepReply): boolean => kind === 'command' || kind === 'process';
