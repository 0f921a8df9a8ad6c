import { confinedContainer } from '../../kit/containers/confined-container.ts';
import type { Secret } from '../../kit/secret.ts';
import type { SystemUser } from './cache-programs.ts';
import { type CacheSpec, cacheUserName } from './cache-spec.ts';

export interface CacheAsked {
  readonly spec: CacheSpec;
  readonly port: number;
  readonly user: SystemUser | undefined;
  /** Of the file that `configOf` is the text of. */
  readonly config: string;
  /** The folder of its socket. */
  readonly run: string;
}

export const socketIn = (run: string): string => `${run}/memcached.sock`;
const inContainer = { config: '/etc/wizard-cache', run: '/run/wizard' };

/** The command that is the cache, of a program of this machine. Its password is in its file: the arguments of a process are for everyone to see. */
export function cacheCommand(asked: CacheAsked, program: string): readonly [string, ...string[]] {
  const args = argsOf(asked, '127.0.0.1');
  const { user } = asked;
  if (!user) return [program, ...args];
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups', '--', program, ...args];
}

/** The same in a container. With a socket it has no network at all. */
export function cacheContainer(
  asked: CacheAsked,
  about: { readonly name: string; readonly instance: string; readonly image: string; readonly program: string },
): readonly [string, ...string[]] {
  const { spec, port, config, run, user } = asked;
  const hasConfig = configOf(spec, port, undefined) !== undefined;
  return confinedContainer({
    ...about,
    uid: user?.uid ?? process.getuid?.() ?? 0,
    gid: user?.gid ?? process.getgid?.() ?? 0,
    args: argsOf({ ...asked, ...inContainer }, '0.0.0.0'),
    volumes: [
      ...(hasConfig ? [`${config}:${inContainer.config}:ro`] : []),
      ...(spec.socket ? [`${run}:${inContainer.run}`] : []),
    ],
    ...(spec.socket ? {} : { port }),
  });
}

function argsOf({ spec, port, config, run }: CacheAsked, address: string): readonly string[] {
  if (spec.engine === 'redis') return [config];
  const shape = ['-m', String(spec.memoryMb), '-c', '1024', '-t', '1'];
  if (spec.socket) return ['-s', socketIn(run), '-a', '0700', ...shape];
  return [...(spec.password ? ['-Y', config] : []), '-l', address, '-p', String(port), '-U', '0', ...shape];
}

/** Text of the file that it reads when it starts; `undefined`: it reads none. */
export function configOf(spec: CacheSpec, port: number, password: Secret | undefined): string | undefined {
  if (spec.engine === 'redis') return redisConfig(spec, port, password);
  return spec.password ? `${cacheUserName}:${password?.reveal() ?? ''}\n` : undefined;
}

/**
 * In memory alone, and without the commands that write files, load programs, or set anew how much it keeps, where it listens and that
 * it writes no file.
 */
const redisConfig = ({ memoryMb, container }: CacheSpec, port: number, password: Secret | undefined): string =>
  [
    // In a container its network is the wall.
    `bind ${container === undefined ? '127.0.0.1' : '0.0.0.0'}`,
    `port ${port}`,
    `protected-mode ${container === undefined || password ? 'yes' : 'no'}`,
    'daemonize no',
    'save ""',
    'appendonly no',
    `maxmemory ${memoryMb}mb`,
    'maxmemory-policy noeviction',
    'rename-command CONFIG ""',
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
