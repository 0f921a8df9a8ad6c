import { codeOf } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../docker-environment.ts';
import { runCommand } from '../run-command.ts';

const limitMs = 60_000;

/** Names that begin so, of containers that run and of others; none where there is no Docker. */
export async function containersNamed(prefix: string): Promise<readonly string[]> {
  const argv = ['docker', 'ps', '--all', '--filter', `name=^/${prefix}`, '--format', '{{.Names}}'];
  try {
    const about = { timeLimitMs: limitMs, env: dockerEnvironment(), allow: () => true };
    const { status, stdout } = await runCommand(argv, about);
    return status === 0 ? stdout.split('\n').filter((name) => name.startsWith(prefix)) : [];
  } catch (error) {
    if (codeOf(error) === 'command/not-found') return [];
    throw error;
  }
}
