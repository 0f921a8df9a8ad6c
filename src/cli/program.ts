import { type Argument, Command } from 'commander';
import type { AddCommand } from './api-command.ts';
import { addApprove } from './commands/approve.ts';
import { addCheck } from './commands/check.ts';
import { addCompletion } from './commands/completion.ts';
import { addData } from './commands/data.ts';
import { addDeliveries } from './commands/deliveries.ts';
import { addDestroy } from './commands/destroy.ts';
import { addDoctor } from './commands/doctor.ts';
import { addInit } from './commands/init.ts';
import { addList } from './commands/list.ts';
import { addLogs } from './commands/logs.ts';
import { addOpen } from './commands/open.ts';
import { addPin } from './commands/pin.ts';
import { addRedeploy } from './commands/redeploy.ts';
import { addResetData } from './commands/reset-data.ts';
import { addServe } from './commands/serve.ts';
import { addShow } from './commands/show.ts';
import { addSleep, addWake } from './commands/sleep.ts';
import type { Terminal } from './terminal.ts';

/** `<environment>` or `[endpoint]`. */
export const argumentTerm = (argument: Argument): string =>
  argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;

/** In the order in which help lists them. */
const groups: readonly (readonly [heading: string, commands: readonly AddCommand[]])[] = [
  ['Environments:', [addList, addShow, addLogs, addOpen]],
  ['Changing them:', [addRedeploy, addResetData, addSleep, addWake, addDestroy, addPin, addApprove]],
  ['The server:', [addInit, addCheck, addDoctor, addServe, addDeliveries, addData]],
  ['Your shell:', [addCompletion]],
];

/** The whole command line. It never ends the process itself: mistakes are thrown. */
export function createProgram(version: string, terminal: Terminal): Command {
  const program = new Command('wizard')
    .description('A live environment for every pull request, at exactly its head commit.')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand('help [command]', 'print help about a command')
    .showHelpAfterError('(`wizard help` lists all commands)')
    .configureOutput({ writeOut: terminal.out, writeErr: terminal.err, getOutHelpWidth: () => terminal.columns })
    .configureHelp({
      // Short terms, so that what they mean fits beside them in 80 columns.
      subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map(argumentTerm)].join(' '),
    })
    .exitOverride();
  for (const [heading, commands] of groups) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, terminal);
  }
  return program;
}
