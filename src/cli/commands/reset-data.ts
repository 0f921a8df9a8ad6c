import type { AddCommand } from '../api-command.ts';
import { type RequestOptions, request, withWait } from './request.ts';

export const addResetData: AddCommand = (program, terminal) => {
  withWait(program.command('reset-data'))
    .description('Give it a fresh copy of the data; what was written to the old copy is lost')
    .action((asked: string, options: RequestOptions) =>
      request(asked, { path: 'reset-data', goal: 'live' }, options, terminal),
    );
};
