import { existsSync } from 'node:fs';
import { type CommandAbout, runCommand } from '../../src/kit/run-command.ts';

/** A client without the buildx plugin cannot build; Debian's own can, through the daemon. */
const program = existsSync('/usr/bin/docker') ? '/usr/bin/docker' : 'docker';

type About = Partial<Omit<CommandAbout, 'doing' | 'env'>>;

/** Runs the docker client and answers what it printed, trimmed. Times out after two minutes, or as said. */
export async function docker(args: readonly string[], about: About = {}): Promise<string> {
  const { stdout } = await runCommand([program, ...args], {
    timeLimitMs: 120_000,
    ...about,
    doing: `docker ${args.slice(0, 2).join(' ')}`,
    env: { DOCKER_BUILDKIT: '1', DOCKER_CONFIG: '/nonexistent' },
  });
  return stdout.trim();
}

/** The lines that the client printed, empty ones left out. */
export const dockerLines = async (args: readonly string[]): Promise<readonly string[]> =>
  (await docker(args)).split('\n').filter((line) => line !== '');

/** Whether the object is there. */
export async function isInDocker(kind: 'image' | 'network' | 'volume' | 'container', name: string): Promise<boolean> {
  return (await dockerLines(listArgs(kind, name))).length > 0;
}

const listArgs = (kind: string, name: string): readonly string[] =>
  kind === 'image'
    ? ['image', 'ls', '--quiet', name]
    : [kind, 'ls', '--quiet', ...(kind === 'container' ? ['--all'] : []), '--filter', `name=^/?${name}$`];

/** Runs another program of this machine (ip, iptables, git …); a minute at most. */
export async function host(argv: readonly string[], about: Partial<CommandAbout> = {}): Promise<string> {
  const { stdout } = await runCommand(argv, { timeLimitMs: 60_000, ...about });
  return stdout.trim();
}
