import { type AddCommand, configOption } from '../api-command.ts';
import { printChecks } from '../check-lines.ts';
import { dataDirectoryOf } from '../find-server.ts';
import { whileTrying } from '../trying-line.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export const addDoctor: AddCommand = (program, terminal) => {
  program
    .command('doctor')
    .description('Look at what this machine has and lacks for running the server')
    .addOption(configOption())
    .option('--json', 'print JSON, for scripts')
    .action(async ({ config, json }: Options) => {
      const { doctor } = await import('../../config/doctor.ts');
      const dataDirectory = await dataDirectoryOf(config);
      const lines = await whileTrying(terminal, (watch) => doctor(dataDirectory, watch));
      printChecks(lines, json, terminal);
    });
};
