import { resolve } from 'node:path';
import { WizardError } from '../../domain/wizard-error.ts';
import type { AddCommand } from '../api-command.ts';

interface Options {
  readonly directory: string;
  readonly yes?: boolean;
  readonly repository?: string;
}

export const addInit: AddCommand = (program, terminal) => {
  program
    .command('init')
    .description('Ask a few questions and write a wizard.yml to start from')
    .option('-d, --directory <directory>', 'where to write it', '.')
    .option('-r, --repository <owner/name>', 'the repository whose pull requests get environments')
    .option('-y, --yes', 'do not ask, take what is usual')
    .action(async ({ directory, yes, repository }: Options) => {
      const { defaultAnswers, neededVariables, writeStartingFiles } = await import('../../config/starting-file.ts');
      if (!yes && !terminal.interactive) throw nobodyThere();
      const known = repository === undefined ? {} : { repository };
      const answers = yes
        ? { ...defaultAnswers, ...known }
        : await (await import('../../config/ask-questions.ts')).askQuestions(known);
      const written = await writeStartingFiles(resolve(directory), answers);
      const variables = neededVariables(answers);
      terminal.out(written.map((path) => `Written: ${path}\n`).join(''));
      if (variables.length > 0) terminal.out(`Set in the environment of the server: ${variables.join(', ')}\n`);
      terminal.out('Then: wizard check, and wizard serve.\n');
    });
};

const nobodyThere = (): WizardError =>
  new WizardError('asking for settings: nobody is there to answer', {
    code: 'cli/usage',
    remedy: 'change-input',
    hint: 'Give --yes to take what is usual, and edit the file afterwards.',
  });
