/** A database or a cache that an environment of processes has for itself. */
export type ServiceRecipe = DatabaseRecipe | CacheRecipe;

export interface DatabaseRecipe {
  readonly by: 'database';
  readonly engine: 'mariadb' | 'mysql' | 'postgres';
  /** Of the server, as far as it matters: `10.11`; missing: that of the golden copy, or what this machine has. */
  readonly serverVersion?: string;
  /** Data source that it begins as a copy of; missing: it begins empty. */
  readonly source?: string;
  readonly database: string;
  readonly user: string;
  readonly memoryMb: number;
  /** Size of a disk in memory for its data; missing: the data lies on the disk. */
  readonly memoryDiskMb?: number;
  /** Image of the server, run by Docker; missing: the programs of this machine. */
  readonly container?: string;
  /** Settings of the server, by name. */
  readonly settings: Readonly<Record<string, string>>;
  /** `asked`: the copy stays until somebody asks for another. `push`: a commit gets the newest, if there is a newer one. */
  readonly refresh: 'asked' | 'push';
}

export interface CacheRecipe {
  readonly by: 'cache';
  readonly engine: 'redis' | 'memcached';
  /** As far as it matters: `7`, `1.6`; missing: what is there. */
  readonly serverVersion?: string;
  /** Image of the server, run by Docker; missing: the program of this machine. */
  readonly container?: string;
  readonly memoryMb: number;
  /** `socket`: a file that the server's own user alone may open. `port`: anyone on this machine, without a password. */
  readonly access: 'socket' | 'password' | 'port';
}

/** What an application may be told of a service: `${db.url}`. */
export function servicePlaces(service: ServiceRecipe): readonly string[] {
  if (service.by === 'database') return ['url', 'host', 'port', 'socket', 'user', 'password', 'database'];
  if (service.access === 'socket') return ['url', 'socket'];
  if (service.access === 'port') return ['url', 'host', 'port'];
  return ['url', 'host', 'port', 'password', ...(service.engine === 'memcached' ? ['user'] : [])];
}
