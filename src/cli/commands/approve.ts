import { detail } from '../../api/contract.ts';
import { shortSha } from '../../domain/pull-request.ts';
import { type AddCommand, type ApiOptions, connect, environmentPath, printJson, withServer } from '../api-command.ts';
import { wholeSha } from '../whole-sha.ts';

export const addApprove: AddCommand = (program, terminal) => {
  withServer(program.command('approve'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .description('Let one commit of a fork be built; a later push needs a new approval')
    .requiredOption('--commit <sha>', 'the commit that you have read')
    .action(async (asked: string, options: ApiOptions & { readonly commit: string }) => {
      const client = await connect(options, terminal);
      const before = await client.get(detail, environmentPath(asked));
      const sha = wholeSha(options.commit, before);
      const environment = await client.post(detail, environmentPath(before.id, '/approve'), { sha });
      if (options.json) return printJson(terminal, { environment });
      terminal.out(`Commit ${shortSha(sha)} of ${before.id} may be built.\n`);
      const head = before.awaitsApproval ?? before.headSha;
      if (sha !== head) terminal.err(`Note: the pull request is at commit ${shortSha(head)} now.\n`);
    });
};
