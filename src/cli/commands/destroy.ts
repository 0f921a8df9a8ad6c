import type { Detail } from '../../api/contract.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { AddCommand } from '../api-command.ts';
import type { Terminal } from '../terminal.ts';
import { type RequestOptions, request, withWait } from './request.ts';

interface Options extends RequestOptions {
  readonly yes?: boolean;
}

export const addDestroy: AddCommand = (program, terminal) => {
  withWait(program.command('destroy'))
    .description('Take an environment away, until a redeploy; its pull request is not touched')
    .option('-y, --yes', 'do not ask')
    .action((asked: string, options: Options) => {
      const confirm = (environment: Detail): Promise<void> =>
        options.yes ? Promise.resolve() : confirmed(environment, terminal);
      return request(asked, { path: 'destroy', goal: 'gone', confirm }, options, terminal);
    });
};

async function confirmed({ id }: Detail, terminal: Terminal): Promise<void> {
  if (!terminal.interactive)
    throw refused(`taking ${id} away: nobody is there to say yes`, 'Give --yes to do it without asking.');
  const answer = await terminal.ask(`Take ${id} away with everything in it, its data too? Type yes: `);
  if (!/^y(es)?$/i.test(answer)) throw refused(`taking ${id} away: you did not say yes`, 'Nothing was changed.');
}

const refused = (message: string, hint: string): WizardError =>
  new WizardError(message, { code: 'cli/usage', remedy: 'change-input', hint });
