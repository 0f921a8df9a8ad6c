import { Option } from 'commander';
import type { LoggerOptions, LogLevel } from '../../kit/logger.ts';
import { type AddCommand, configOption } from '../api-command.ts';
import type { Terminal } from '../terminal.ts';

interface Options {
  readonly config: string;
  readonly logLevel: LogLevel;
  readonly logStyle?: 'json' | 'pretty';
}

export const addServe: AddCommand = (program, terminal) => {
  program
    .command('serve')
    .description('Run the server until it is told to stop')
    .addOption(configOption())
    .addOption(
      new Option('--log-level <level>', 'what is worth a line')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info')
        .env('WIZARD_LOG_LEVEL'),
    )
    .addOption(
      new Option('--log-style <style>', 'lines for people or for machines; without it what the output is').choices([
        'json',
        'pretty',
      ]),
    )
    .action(async (options: Options) => {
      // Loaded here, so that no other command waits for the whole server.
      const [{ serve }, { createLogger }] = await Promise.all([
        import('../../serve.ts'),
        import('../../kit/logger.ts'),
      ]);
      const log = createLogger(loggerOptions(options, terminal));
      await serve({ configPath: options.config, signal: terminal.signal, log });
    });
};

function loggerOptions({ logLevel, logStyle }: Options, terminal: Terminal): LoggerOptions {
  const style = logStyle ?? (terminal.interactive ? 'pretty' : 'json');
  const coloured = terminal.paint('dim', 'x') !== 'x';
  return { level: logLevel, style: style === 'pretty' && coloured ? 'pretty-colour' : style, write: terminal.out };
}
