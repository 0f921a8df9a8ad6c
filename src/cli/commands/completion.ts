import { Argument, type Command } from 'commander';
import type { AddCommand } from '../api-command.ts';
import { bashCompletion, type CommandWords, fishCompletion, zshCompletion } from '../completion-scripts.ts';

const scripts = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

export const addCompletion: AddCommand = (program, terminal) => {
  program
    .command('completion')
    .addArgument(new Argument('<shell>', 'the shell you use').choices(Object.keys(scripts)))
    .description('Print what lets your shell complete commands and environments')
    .addHelpText(
      'after',
      [
        '',
        'For bash, in ~/.bashrc:               eval "$(wizard completion bash)"',
        'For zsh, in ~/.zshrc after compinit:  eval "$(wizard completion zsh)"',
        'For fish, once:                       wizard completion fish > ~/.config/fish/completions/wizard.fish',
      ].join('\n'),
    )
    .action((shell: keyof typeof scripts) => terminal.out(scripts[shell](wordsOf(program))));
};

/** What there is to complete, read off the program itself. */
export const wordsOf = (program: Command): readonly CommandWords[] =>
  program.commands.map((command) => ({
    name: command.name(),
    description: command.description(),
    options: [...new Set([command, ...command.commands].flatMap(optionsOf)), '--help'],
    firstArgument: firstArgument(command),
    ...(command.commands.some(takesSource) ? { secondArgument: 'data source' as const } : {}),
  }));

const optionsOf = (command: Command): string[] =>
  command.options.flatMap(({ long, hidden }) => (long && !hidden ? [long] : []));

const takesSource = (command: Command): boolean => command.registeredArguments[0]?.name() === 'source';

function firstArgument(command: Command): CommandWords['firstArgument'] {
  if (command.commands.length > 0) return command.commands.map((inner) => inner.name());
  const first = command.registeredArguments[0];
  if (first?.name() === 'environment') return 'environment';
  return first?.argChoices ?? [];
}
