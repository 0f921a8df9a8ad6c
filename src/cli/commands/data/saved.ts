import { type SavedStateReply, savedStateList } from '../../../api/saved-contract.ts';
import { oneLine } from '../../../domain/plain-text.ts';
import { shortSha } from '../../../domain/pull-request.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../../api-command.ts';
import { bytesText } from '../../data-words.ts';
import { shortAge } from '../../phase-words.ts';
import { table } from '../../table.ts';
import type { Terminal } from '../../terminal.ts';

export const addDataSaved: AddCommand = (data, terminal) => {
  withServer(data.command('saved'))
    .description('List saved states: of what, how large, and who saved them where')
    .option('-q, --quiet', 'print names only')
    .action(async (options: ApiOptions & { readonly quiet?: boolean }) => {
      const client = await connect(options, terminal);
      const { saved } = await client.get(savedStateList, '/api/v1/saved-states');
      if (options.json) return printJson(terminal, { saved });
      if (options.quiet) return terminal.out(saved.map(({ name }) => `${name}\n`).join(''));
      if (saved.length === 0) return terminal.err('None is saved: `wizard data save ENVIRONMENT NAME`.\n');
      terminal.out(listed(saved, terminal));
      for (const { name, failure } of saved)
        if (failure) terminal.out(`\n${terminal.paint('red', `${name}: ${oneLine(failure.message, 500)}`)}\n`);
    });
};

const listed = (saved: readonly SavedStateReply[], terminal: Terminal): string =>
  table(
    saved,
    [
      { title: 'NAME', text: ({ name }) => name },
      { title: 'STATE', text: ({ state }) => state },
      { title: 'AGE', text: ({ savedAt }) => (savedAt === undefined ? '-' : shortAge(terminal.now() - savedAt)) },
      { title: 'SIZE', text: ({ bytes }) => bytesText(bytes) },
      { title: 'OF', text: sourceText },
      { title: 'BY', text: ({ from }) => oneLine(from.by, 40) },
      { title: 'FROM', text: fromText, gives: true },
    ],
    terminal,
  );

/** One that began empty is of no source. */
const sourceText = ({ engine = '-', source = '' }: SavedStateReply): string => (source === '' ? engine : source);

const fromText = ({ from: { service, pull, sha } }: SavedStateReply): string =>
  `${service} of ${oneLine(pull, 200)}${sha === undefined ? '' : `, ${shortSha(sha)}`}`;
