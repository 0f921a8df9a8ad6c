import { WizardError } from '../../domain/wizard-error.ts';
import { openCommand } from '../../kit/dumps/open-command.ts';
import { fetchedDump, type OpenDump } from '../../kit/dumps/open-dump.ts';
import { presignObject } from '../../kit/dumps/presign-object.ts';
import type { BakedSource } from './baked-source.ts';
import type { DockerEngine } from './docker-engine.ts';

export interface DumpAbout {
  readonly engine: DockerEngine;
  /** `--label …` for the container. */
  readonly labels: readonly string[];
  readonly signal: AbortSignal;
  readonly write: (text: string) => void;
}

/** It is asked for at once; what began goes on after that. */
const signedForMs = 5 * 60_000;

/** Opens the dump of a source; nothing but reading is done there. */
export function openDump(name: string, source: BakedSource, about: DumpAbout): Promise<OpenDump> | OpenDump {
  const { from } = source;
  switch (from.by) {
    case 'url':
      return fetchedDump(name, from.url, about.signal);
    case 's3':
      return presignObject(name, from.object, signedForMs).then((url) => fetchedDump(name, url, about.signal));
    case 'mysqldump':
      return mysqlDump(name, source.server, from, about);
  }
}

/** Some images have only the one, some only the other name. */
const program = 'if command -v mysqldump >/dev/null; then exec mysqldump "$@"; else exec mariadb-dump "$@"; fi';

function mysqlDump(
  name: string,
  server: string,
  from: Extract<BakedSource['from'], { by: 'mysqldump' }>,
  { engine, labels, write }: DumpAbout,
): OpenDump {
  const words = [...from.options, '-h', from.host, '-P', String(from.port), '-u', from.user, from.database];
  const container = ['run', '--rm', '--network', 'host', '--user', '0', ...labels, '--env', 'MYSQL_PWD'];
  const call = engine.call([...container, '--entrypoint', 'sh', server, '-c', program, 'dump', ...words], {
    MYSQL_PWD: from.password.reveal(),
  });
  const command = openCommand(call, `running mysqldump for ${name}`, write);
  command.stdin.end();
  const whole = command.ended.catch((cause: unknown) => {
    throw new WizardError(`dumping the database ${from.database} of ${from.host}`, {
      code: 'data/dump-failed',
      remedy: 'fix-setup',
      hint: `Can this machine reach ${from.host} port ${from.port}, and may ${from.user} read the database? Then \`wizard data bake ${name}\`.`,
      cause,
    });
  });
  whole.catch(() => undefined);
  const unmarked = from.options.some((option) => /^--(skip-comments|compact|comments=)/.test(option));
  return {
    stream: command.stdout,
    whole,
    endedAt: command.endedAt,
    ...(unmarked ? {} : { endsWith: '-- Dump completed' }),
    stop: command.stop,
  };
}
