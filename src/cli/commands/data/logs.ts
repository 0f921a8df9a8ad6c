import { plainText } from '../../../domain/plain-text.ts';
import { type AddCommand, type ApiOptions, connect, withServer } from '../../api-command.ts';
import { followBake } from '../../follow-bake.ts';

interface Options extends ApiOptions {
  readonly follow?: boolean;
  readonly bake?: string;
}

export const addDataLogs: AddCommand = (data, terminal) => {
  withServer(data.command('logs'))
    .argument('<source>', 'a data source of wizard.yml that has "bake"')
    .description('Print the log of the last bake')
    .option('-b, --bake <id>', 'of another: `wizard data list SOURCE` lists them')
    .option('-f, --follow', 'go on until it has ended, or Ctrl-C')
    .action(async (source: string, { follow, bake, ...options }: Options) => {
      const client = await connect(options, terminal);
      const place = { source, ...(bake === undefined ? {} : { bake }) };
      for await (const piece of followBake(client, place, terminal.signal)) {
        if (piece.text === '' && !follow) return;
        if (options.json) terminal.out(`${JSON.stringify(piece)}\n`);
        else terminal.out(plainText(piece.text));
      }
    });
};
