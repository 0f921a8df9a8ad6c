import { type Detail, detail } from '../../api/contract.ts';
import { shortSha } from '../../domain/pull-request.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { type AddCommand, type ApiOptions, connect, environmentPath, printJson, withServer } from '../api-command.ts';
import { wholeSha } from '../whole-sha.ts';

interface Options extends ApiOptions {
  readonly commit?: string;
  readonly off?: boolean;
}

export const addPin: AddCommand = (program, terminal) => {
  withServer(program.command('pin'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .description('Keep an environment at one commit, whatever is pushed')
    .option('--commit <sha>', 'the commit; without it the one that is live')
    .option('--off', 'let it follow its pull request again')
    .action(async (asked: string, options: Options) => {
      if (options.off && options.commit !== undefined) throw both();
      const client = await connect(options, terminal);
      const before = await client.get(detail, environmentPath(asked));
      const sha = options.commit === undefined ? undefined : wholeSha(options.commit, before);
      const after = options.off
        ? await client.post(detail, environmentPath(before.id, '/unpin'))
        : await client.post(detail, environmentPath(before.id, '/pin'), sha === undefined ? {} : { sha });
      if (options.json) return printJson(terminal, { environment: after });
      terminal.out(said(after, options.off === true));
    });
};

const said = ({ id, choices }: Detail, off: boolean): string =>
  off ? `${id} follows its pull request again.\n` : `${id} stays at commit ${shortSha(choices.pinnedSha ?? '')}.\n`;

const both = (): WizardError =>
  new WizardError('pinning: --off and --commit say opposite things', {
    code: 'cli/usage',
    remedy: 'change-input',
    hint: 'Give one of them.',
  });
