import type { Command } from 'commander';
import { type Detail, detail, timeline } from '../../api/contract.ts';
import { type ApiOptions, connect, environmentPath, printJson, withServer } from '../api-command.ts';
import type { Client } from '../client.ts';
import type { Terminal } from '../terminal.ts';
import { type Goal, waitFor } from '../wait-for.ts';

export interface RequestOptions extends ApiOptions {
  /** `--no-wait` makes it false. */
  readonly wait: boolean;
}

export const withWait = (command: Command): Command =>
  withServer(command)
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .option('--no-wait', 'return at once instead of when it is done');

export interface Request {
  readonly path: 'redeploy' | 'reset-data' | 'destroy' | 'sleep' | 'wake' | 'load';
  readonly body?: object;
  readonly goal: Goal;
  /** Asked before anything is done; throws when the person says no. */
  readonly confirm?: (environment: Detail) => Promise<void>;
}

/** Asks for something that takes a while, and waits for it. */
export async function request(
  asked: string,
  what: Request,
  options: RequestOptions,
  terminal: Terminal,
): Promise<void> {
  const client = await connect(options, terminal);
  const before = await client.get(detail, environmentPath(asked));
  await what.confirm?.(before);
  const after = options.wait ? await lastEntry(client, before.id) : 0;
  const answer = await client.post(detail, environmentPath(before.id, `/${what.path}`), what.body);
  const found = options.wait
    ? await waitFor(client, terminal, { goal: what.goal, before, asked: answer, after })
    : answer;
  if (options.json) return printJson(terminal, { environment: found ?? null });
  terminal.out(
    options.wait ? doneText(before.id, what.goal, found, terminal) : `Asked for ${before.id}; not waiting.\n`,
  );
}

function doneText(id: string, goal: Goal, found: Detail | undefined, { paint }: Terminal): string {
  if (goal === 'gone') return `${paint('green', '✔')} ${id} is gone. Its pull request is not touched.\n`;
  if (goal === 'asleep') return `${paint('green', '✔')} ${id} sleeps; \`wizard wake ${id}\` brings it back.\n`;
  const urls = (found?.urls ?? []).map(({ endpoint, url }) => `  ${endpoint}  ${url}\n`).join('');
  return `${paint('green', '✔')} ${id} is live.\n${urls}`;
}

/** Where the timeline ends now: only what comes after is shown. */
async function lastEntry(client: Client, id: string): Promise<number> {
  for (let after = 0; ; ) {
    const page = await client.get(timeline, environmentPath(id, `/timeline?after=${after}&limit=1000`));
    after = page.next;
    if (page.entries.length < 1000) return after;
  }
}
