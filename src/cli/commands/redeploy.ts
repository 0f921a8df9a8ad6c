import type { AddCommand } from '../api-command.ts';
import { type RequestOptions, request, withWait } from './request.ts';

export const addRedeploy: AddCommand = (program, terminal) => {
  withWait(program.command('redeploy'))
    .description('Build and start its commit anew, beside the old; also after a failure or a destroy')
    .action((asked: string, options: RequestOptions) =>
      request(asked, { path: 'redeploy', goal: 'live' }, options, terminal),
    );
};
