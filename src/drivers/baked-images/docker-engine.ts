import { WizardError } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../../kit/docker-environment.ts';
import { type CommandAbout, type CommandAnswer, runCommand } from '../../kit/run-command.ts';

/** The client of the Docker Engine on this machine, with the logins of the server's user. */
export interface DockerEngine {
  /** Runs it to its end; throws as `runCommand` does. Short calls: two minutes, unless it says otherwise. */
  run(args: readonly string[], about: Partial<CommandAbout> & { readonly doing: string }): Promise<CommandAnswer>;
  /** Words and environment of a call, for whoever starts it another way. */
  call(args: readonly string[], env?: Readonly<Record<string, string>>): DockerCall;
}

export interface DockerCall {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const shortMs = 2 * 60_000;

export function dockerEngine(program = 'docker'): DockerEngine {
  const call: DockerEngine['call'] = (args, env = {}) => ({
    argv: [program, ...args],
    env: { ...dockerEnvironment(), ...env },
  });
  return {
    call,
    run: (args, about) => {
      const { argv, env } = call(args, about.env);
      return runCommand(argv, { timeLimitMs: shortMs, ...about, env });
    },
  };
}

/** Takes what a call of docker threw for the reason of a failure of ours, unless it says something better itself. */
export function because(code: string, doing: string, hint: string) {
  return (cause: unknown): never => {
    if (cause instanceof WizardError && ['command/aborted', 'command/not-found'].includes(cause.code)) throw cause;
    throw new WizardError(doing, { code, remedy: 'fix-setup', hint, cause });
  };
}
