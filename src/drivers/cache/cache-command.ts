import type { Secret } from '../../kit/secret.ts';
import type { SystemUser } from './cache-programs.ts';
import type { CacheSpec } from './cache-spec.ts';

export interface CacheAsked {
  readonly spec: CacheSpec;
  readonly program: string;
  readonly port: number;
  readonly user: SystemUser | undefined;
  /** Of the file that `configOf` is the text of. */
  readonly config: string;
}

/** The command that is the cache. Its password is in its file: the arguments of a process are for everyone to see. */
export function cacheCommand({ spec, program, port, user, config }: CacheAsked): readonly [string, ...string[]] {
  const args =
    spec.engine === 'redis'
      ? [config]
      : ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', String(spec.memoryMb), '-c', '1024', '-t', '1'];
  if (!user) return [program, ...args];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--', program, ...args];
}

/** Of Redis: in memory alone, and without the commands that write files or load programs. */
export const configOf = ({ memoryMb }: CacheSpec, port: number, password: Secret | undefined): string =>
  [
    'bind 127.0.0.1',
    `port ${port}`,
    'protected-mode yes',
    'daemonize no',
    'save ""',
    'appendonly no',
    `maxmemory ${memoryMb}mb`,
    'maxmemory-policy noeviction',
    'rename-command MODULE ""',
    'rename-command DEBUG ""',
    'rename-command SHUTDOWN ""',
    'rename-command SAVE ""',
    'rename-command BGSAVE ""',
    'rename-command BGREWRITEAOF ""',
    'rename-command REPLICAOF ""',
    'rename-command SLAVEOF ""',
    'rename-command MIGRATE ""',
    ...(password ? [`requirepass ${password.reveal()}`] : []),
    '',
  ].join('\n');
