import { type AddCommand, configOption } from '../api-command.ts';
import { printChecks } from '../check-lines.ts';
import { whileTrying } from '../trying-line.ts';

interface Options {
  readonly config: string;
  readonly json?: boolean;
}

export const addCheck: AddCommand = (program, terminal) => {
  program
    .command('check')
    .description('Read wizard.yml and try all that it names: code hosts, machines, names, announcers, data, addresses')
    .addOption(configOption())
    .option('--json', 'print JSON, for scripts')
    .action(async ({ config: path, json }: Options) => {
      const [{ loadConfig }, { secretsOf }, { checkConfig }, { checkTries }, { redactor }] = await Promise.all([
        import('../../config/load-config.ts'),
        import('../../config/secrets-of.ts'),
        import('../../config/check.ts'),
        import('../check-tries.ts'),
        import('../../kit/redact.ts'),
      ]);
      const config = await loadConfig(path);
      for (const secret of secretsOf(config)) redactor.add(secret);
      const tries = checkTries(config, terminal);
      const lines = await whileTrying(terminal, (watch) => checkConfig(config, tries, watch));
      printChecks(lines, json, terminal);
    });
};
