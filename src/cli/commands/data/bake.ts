import { type BakeReply, bakeBegun, type DataSourceReply, dataSource } from '../../../api/data-contract.ts';
import { durationText } from '../../../domain/duration-text.ts';
import { oneLine, plainText } from '../../../domain/plain-text.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { type AddCommand, type ApiOptions, connect, printJson, withServer } from '../../api-command.ts';
import { bytesText, dataPath } from '../../data-words.ts';
import { followBake } from '../../follow-bake.ts';

export const addDataBake: AddCommand = (data, terminal) => {
  withServer(data.command('bake'))
    .argument('<source>', 'a data source of wizard.yml that has "golden", "golden-files" or "bake"')
    .description('Make the newest data ready, as a golden copy or an image; new environments then get that')
    .option('--no-wait', 'return at once instead of when it is done')
    .action(async (name: string, options: ApiOptions & { readonly wait: boolean }) => {
      const client = await connect(options, terminal);
      const begun = await client.post(bakeBegun, dataPath(name, '/bake'));
      const { id } = begun.bake;
      if (!begun.begun) terminal.err(`It is being baked already, asked by ${oneLine(begun.bake.by, 60)}.\n`);
      if (!options.wait) {
        if (options.json) return printJson(terminal, begun);
        return terminal.out(`Baking ${name}: \`wizard data logs --follow ${name}\` shows how it gets on.\n`);
      }
      for await (const piece of followBake(client, { source: name, bake: id }, terminal.signal))
        terminal.err(terminal.paintErr('dim', plainText(piece.text)));
      const source = await client.get(dataSource, dataPath(name));
      const bake = source.bakes.find((one) => one.id === id);
      if (bake?.state !== 'complete') throw notDone(source, bake);
      if (options.json) return printJson(terminal, { source, bake });
      const took = bake.endedAt === undefined ? '' : ` in ${durationText(bake.endedAt - bake.startedAt)}`;
      terminal.out(
        `${terminal.paint('green', '✔')} ${source.image === undefined ? '' : `${source.image}:`}${bake.version}, ${bytesText(bake.bytes)}${took}\n`,
      );
    });
};

function notDone({ name, current }: DataSourceReply, bake: BakeReply | undefined): WizardError {
  const still = current === undefined ? '' : ` New environments still get ${current}.`;
  const lines = (bake?.failure?.lastLines ?? []).map((line) => `\n    ${line}`).join('');
  const what = bake?.failure?.message ?? 'the server ended in the middle of it; it is begun anew';
  const hint = bake?.failure?.hint;
  return new WizardError(`baking ${name}: ${what}${lines}`, {
    code: 'cli/not-baked',
    remedy: 'change-input',
    hint: `${hint ?? `\`wizard data logs ${name}\` shows its whole log.`}${still}`,
  });
}
