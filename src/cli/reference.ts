import type { Command } from 'commander';
import { exitMeanings } from './exit-codes.ts';
import { argumentTerm } from './program.ts';

/** The commands and exit codes for docs/cli.md, made from the program itself. */
export function cliReference(program: Command): string {
  const codes = exitMeanings.map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return [
    ...program.commands.flatMap(withParts).map(section),
    '## Exit codes\n',
    '| code | meaning |',
    '|---|---|',
    ...codes,
    '',
  ].join('\n');
}

/** A command that only groups others has none of its own. */
const withParts = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(withParts);

function section(command: Command): string {
  const options = command.options.filter(({ hidden }) => !hidden);
  return [
    `### \`${usage(command)}\`\n`,
    `${command.description()}.\n`,
    ...command.registeredArguments.map((argument) => `- \`${argument.name()}\`: ${argument.description}`),
    ...options.map((option) => `- \`${option.flags}\`: ${option.description}${defaultOf(option)}`),
    '',
  ].join('\n');
}

const usage = (command: Command): string =>
  [...namesOf(command), ...command.registeredArguments.map(argumentTerm)].join(' ');

/** `wizard data list` */
const namesOf = (command: Command): string[] =>
  command.parent ? [...namesOf(command.parent), command.name()] : [command.name()];

/** Switches have their own default, which says nothing. */
function defaultOf(option: Command['options'][number]): string {
  const value: unknown = option.defaultValue;
  return value === undefined || typeof value === 'boolean' ? '' : ` (without it: ${String(value)})`;
}
