import { environmentList, type Summary } from '../../api/contract.ts';
import { oneLine } from '../../domain/plain-text.ts';
import { shortSha } from '../../domain/pull-request.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../api-command.ts';
import { phaseColours, shortAge } from '../phase-words.ts';
import { table } from '../table.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends ApiOptions {
  readonly all?: boolean;
  readonly repository?: string;
  readonly quiet?: boolean;
}

export const addList: AddCommand = (program, terminal) => {
  withServer(program.command('list').alias('ls'))
    .description('List the environments')
    .option('-a, --all', 'also those that are closed')
    .option('-r, --repository <owner/name>', 'only those of one repository')
    .option('-q, --quiet', 'print ids only')
    .action(async (options: Options) => {
      const client = await connect(options, terminal);
      const query = new URLSearchParams({
        closed: String(options.all === true),
        ...(options.repository === undefined ? {} : { repository: options.repository }),
      });
      const { environments } = await client.get(environmentList, `/api/v1/environments?${query}`);
      if (options.json) return printJson(terminal, { environments });
      if (options.quiet) return terminal.out(environments.map(({ id }) => `${id}\n`).join(''));
      if (environments.length > 0) return terminal.out(listed(environments, terminal));
      terminal.err('There are no environments. Open a pull request and one comes.\n');
    });
};

function listed(environments: readonly Summary[], terminal: Terminal): string {
  return table(
    environments,
    [
      { title: 'ENVIRONMENT', text: ({ id }) => id },
      { title: 'STATE', text: ({ phase }) => phase, colour: ({ phase }) => phaseColours[phase] },
      { title: 'SINCE', text: ({ phaseSince }) => shortAge(terminal.now() - phaseSince) },
      { title: 'COMMIT', text: ({ liveSha }) => (liveSha === undefined ? '-' : shortSha(liveSha)) },
      { title: 'PULL REQUEST', text: pullRequest, gives: true },
    ],
    terminal,
  );
}

const pullRequest = ({ repository, number, title }: Summary): string =>
  number === 0 ? '(none claims it)' : oneLine(`${repository}#${number} ${title}`, 200);
