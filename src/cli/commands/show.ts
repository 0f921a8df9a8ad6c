import { type Detail, detail, type TimelineReply, timeline } from '../../api/contract.ts';
import { durationText } from '../../domain/duration-text.ts';
import { migrationsText } from '../../domain/migrations.ts';
import { receiptSentence } from '../../domain/news-text.ts';
import { oneLine, plainText } from '../../domain/plain-text.ts';
import { shortSha } from '../../domain/pull-request.ts';
import { type AddCommand, type ApiOptions, connect, environmentPath, printJson, withServer } from '../api-command.ts';
import { phaseColours, shortAge } from '../phase-words.ts';
import { stepLine } from '../step-line.ts';
import type { Terminal } from '../terminal.ts';
import { textWidth } from '../text-width.ts';

const shownEntries = 8;

export const addShow: AddCommand = (program, terminal) => {
  withServer(program.command('show'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .description('Show one environment: its addresses, its steps, and what happened last')
    .option('-t, --timeline', 'everything that happened')
    .action(async (asked: string, options: ApiOptions & { readonly timeline?: boolean }) => {
      const client = await connect(options, terminal);
      const environment = await client.get(detail, environmentPath(asked));
      const entries: TimelineReply[] = [];
      for (let after = 0; ; ) {
        const page = await client.get(timeline, environmentPath(environment.id, `/timeline?after=${after}&limit=1000`));
        entries.push(...page.entries);
        if (page.entries.length < 1000) break;
        after = page.next;
      }
      if (options.json) return printJson(terminal, { environment, timeline: entries });
      const last = options.timeline ? entries : entries.slice(-shownEntries);
      terminal.out(
        [
          ...head(environment, terminal),
          ...steps(environment, terminal),
          ...migrated(environment, terminal),
          ...history(last, terminal),
        ].join('\n'),
      );
      terminal.out('\n');
    });
};

function head(environment: Detail, { paint, now }: Terminal): string[] {
  const { id, phase, because, failure, receipt, liveSha, headSha, choices, awaitsApproval } = environment;
  const fact = (name: string, value: string | undefined): string[] =>
    value === undefined || value === '' ? [] : [`${paint('dim', name.padEnd(12))} ${value}`];
  const pull = environment.number === 0 ? undefined : `${environment.repository}#${environment.number}`;
  return [
    `${paint('bold', id)} is ${paint(phaseColours[phase], phase)}, since ${shortAge(now() - environment.phaseSince)}: ${oneLine(firstLine(because), 300)}`,
    ...fact(
      'Pull request',
      pull && `${pull} "${oneLine(environment.title, 200)}" by ${oneLine(environment.author, 60)}`,
    ),
    ...fact('', oneLine(environment.pullUrl, 300)),
    ...fact('Live commit', liveSha ?? 'none'),
    ...fact('Wanted', headSha === liveSha ? undefined : headSha),
    ...fact('Pinned to', choices.pinnedSha && shortSha(choices.pinnedSha)),
    ...fact('Data', dataText(choices)),
    ...fact('Approved', choices.approval && `${shortSha(choices.approval.sha)} by ${oneLine(choices.approval.by, 60)}`),
    ...fact('Waits', awaitsApproval && `${shortSha(awaitsApproval)} is newer: approve it with \`wizard approve\``),
    ...fact('Took', environment.tookMs === undefined ? undefined : durationText(environment.tookMs)),
    ...fact(
      'Left',
      environment.remainingMs === undefined ? undefined : `about ${durationText(environment.remainingMs)}`,
    ),
    ...environment.urls.flatMap(({ endpoint, url }) => fact(oneLine(endpoint, 63), oneLine(url, 300))),
    ...fact('Address', environment.address),
    ...(failure ? failureLines(failure, paint) : []),
    ...(receipt ? fact('Receipt', receiptSentence(receipt as Parameters<typeof receiptSentence>[0])) : []),
  ];
}

/** The mistakes of a recipe are told below, on lines of their own. */
const firstLine = (text: string): string => text.split('\n', 1)[0] ?? '';

const dataText = ({ checkpoints }: Detail['choices']): string | undefined =>
  checkpoints &&
  Object.entries(checkpoints)
    .map(([service, name]) => `${service} began with the saved state ${name}`)
    .join(', ');

const failureLines = (failure: NonNullable<Detail['failure']>, paint: Terminal['paint']): string[] => [
  '',
  paint('red', `${oneLine(failure.step, 60)} failed: ${oneLine(failure.message, 500)}`),
  ...failure.lastLines.map((line) => `    ${plainText(line).replaceAll('\n', ' ')}`),
  ...(failure.hint === undefined ? [] : [oneLine(failure.hint, 500)]),
];

function steps({ steps: all }: Detail, { paint }: Terminal): string[] {
  if (all.length === 0) return [];
  const width = Math.max(...all.map(({ name }) => textWidth(oneLine(name, 40))));
  return ['', paint('bold', 'Steps'), ...all.map((step) => stepLine(step, paint, width))];
}

const migrated = ({ migrations = [] }: Detail, { paint }: Terminal): string[] =>
  migrations
    .map(migrationsText)
    .flatMap(({ heading, changes, slow }) => [
      '',
      paint('bold', heading),
      ...changes.map((line) => `  ${line}`),
      ...slow.map(({ took, sql }) => `  ${paint('dim', took)}  ${sql}`),
    ]);

function history(entries: readonly TimelineReply[], { paint, now }: Terminal): string[] {
  if (entries.length === 0) return [];
  const lines = entries.map((entry) => {
    const took = entry.tookMs === undefined ? '' : ` (${durationText(entry.tookMs)})`;
    const ago = `${shortAge(now() - entry.at)} ago`.padStart(8);
    return `${paint('dim', ago)}  ${oneLine(entry.about, 40)}: ${oneLine(firstLine(entry.message), 300)}${took}`;
  });
  return ['', paint('bold', 'What happened'), ...lines];
}
