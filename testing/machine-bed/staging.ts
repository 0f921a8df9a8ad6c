import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { settleInRealTime } from '../conformance/settle.ts';
import { type BedAddresses, label, nameOf } from './bed-names.ts';
import { docker } from './docker.ts';

/** The team's staging database: a real server with rows in it. */
export interface Staging {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly rootPassword: string;
  /** Runs SQL as root in the database; one line for each row, its columns parted by tabs. */
  ask(sql: string): Promise<string>;
  /** Takes it off the network, and puts it back: connecting then times out. */
  disconnect(): Promise<void>;
  reconnect(): Promise<void>;
}

/** About what one row of `reviews` is in a dump. */
const bytesOfReview = 1000;
const fast = ['--innodb-flush-log-at-trx-commit=0', '--innodb-doublewrite=0', '--innodb-buffer-pool-size=512M'];

export interface StagingOptions {
  /** How large a dump of it is; default 1. */
  readonly megabytes?: number;
}

export async function startStaging(
  { runId, image, addresses }: { runId: string; image: string; addresses: BedAddresses },
  { megabytes = 1 }: StagingOptions,
): Promise<Staging> {
  const [database, user, password, rootPassword] = ['shop_staging', 'shop', 'shop-password', 'staging-root-password'];
  const container = nameOf(runId, 'staging');
  const network = nameOf(runId, 'network');
  const settings = {
    MYSQL_ROOT_PASSWORD: rootPassword,
    MYSQL_DATABASE: database,
    MYSQL_USER: user,
    MYSQL_PASSWORD: password,
  };
  await docker([
    ...['run', '--detach', '--name', container, '--label', `${label}=${runId}`],
    ...['--network', network, '--ip', addresses.staging],
    ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...[image, ...fast],
  ]);
  const ask = (sql: string): Promise<string> => {
    const client = ['mariadb', '--host=127.0.0.1', '--user=root', `--password=${rootPassword}`];
    return docker(['exec', '--interactive', container, ...client, '--skip-column-names', '--batch', database], {
      input: sql,
      timeLimitMs: 300_000,
    });
  };
  // Over TCP only the server itself answers, not the one that makes the first start.
  await settleInRealTime(60_000)(() =>
    ask('select 1').then(
      () => true,
      () => false,
    ),
  );
  const schema = await readFile(join(import.meta.dirname, 'staging.sql'), 'utf8');
  await ask(schema.replaceAll('@reviews', String(Math.ceil((megabytes * 1024 * 1024) / bytesOfReview))));
  return {
    ...{ host: addresses.staging, port: 3306, database, user, password, rootPassword, ask },
    disconnect: async () => void (await docker(['network', 'disconnect', '--force', network, container])),
    reconnect: async () => void (await docker(['network', 'connect', '--ip', addresses.staging, network, container])),
  };
}
