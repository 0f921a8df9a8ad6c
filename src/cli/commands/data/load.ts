import type { AddCommand } from '../../api-command.ts';
import { type RequestOptions, request, withWait } from '../request.ts';

export const addDataLoad: AddCommand = (data, terminal) => {
  withWait(data.command('load'))
    .argument('<name>', 'a saved state; `wizard data saved` lists them')
    .description(
      'Give it a copy of a saved state instead of its data, until `wizard reset-data`; what was written is lost',
    )
    .option('--service <service>', 'which of its databases; without it the only one')
    .action((asked: string, name: string, { service, ...options }: RequestOptions & { readonly service?: string }) => {
      const body = { name, ...(service === undefined ? {} : { service }) };
      return request(asked, { path: 'load', body, goal: 'live' }, options, terminal);
    });
};
