import { join } from 'node:path';
import type { CommandAbout, CommandAnswer } from './run-command.ts';
import { runCommand } from './run-command.ts';

const settings = join(import.meta.dirname, 'git-settings.ini');

/**
 * Runs git with our settings alone: it never asks, never runs a hook, a filter or a credential helper, never enters a submodule, and
 * speaks no protocol that `env.GIT_ALLOW_PROTOCOL` does not name. `args` hold no text of a pull request but checked hashes and numbers.
 */
export function runGit(args: readonly string[], about: CommandAbout): Promise<CommandAnswer> {
  return runCommand(['git', ...args], { ...about, env: { ...about.env, ...gitEnvironment } });
}

const gitEnvironment: Readonly<Record<string, string>> = {
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: settings,
  GIT_ATTR_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  GIT_OPTIONAL_LOCKS: '0',
  GIT_LFS_SKIP_SMUDGE: '1',
  LC_ALL: 'C.UTF-8',
};

/** The one protocol that an address uses: what `GIT_ALLOW_PROTOCOL` is set to, so that no redirect leads to another. */
export function protocolOf(url: string): string {
  return /^([a-z][a-z0-9+.-]*):\/\//.exec(url)?.[1] ?? 'file';
}
