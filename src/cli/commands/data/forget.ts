import { forgotten } from '../../../api/saved-contract.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../../api-command.ts';
import { savedPath } from '../../data-words.ts';

export const addDataForget: AddCommand = (data, terminal) => {
  withServer(data.command('forget'))
    .argument('<name>', 'a saved state')
    .description('Remove a saved state that no environment began with')
    .action(async (name: string, options: ApiOptions) => {
      const client = await connect(options, terminal);
      const gone = await client.delete(forgotten, savedPath(name));
      if (options.json) return printJson(terminal, gone);
      terminal.out(`${terminal.paint('green', '✔')} ${gone.name} is gone.\n`);
    });
};
