import type { AddCommand } from '../api-command.ts';
import { type RequestOptions, request, withWait } from './request.ts';

export const addSleep: AddCommand = (program, terminal) => {
  withWait(program.command('sleep'))
    .description('Stop what runs and keep its data, until `wake` or the next push')
    .action((asked: string, options: RequestOptions) =>
      request(asked, { path: 'sleep', goal: 'asleep' }, options, terminal),
    );
};

export const addWake: AddCommand = (program, terminal) => {
  withWait(program.command('wake'))
    .description('Bring an environment that sleeps back')
    .action((asked: string, options: RequestOptions) =>
      request(asked, { path: 'wake', goal: 'live' }, options, terminal),
    );
};
