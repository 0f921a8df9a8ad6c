import type { MachineRecipe, ServiceRecipe } from './machine-recipe.ts';
import { plainShell, quoted } from './shell-text.ts';

/** Where the script keeps its state on the machine: on a tmpfs, so that it is forgotten together with what lies in memory. */
export const machineStateFolder = '/run/shining-wizard';

const claimPlace = '@CLAIM@';

/** The script as it is given to one machine: its state and its log carry this claim. */
export const claimedScript = (script: string, claim: string): string => script.replace(claimPlace, claim);

export interface MachineScriptAbout {
  readonly recipe: Pick<MachineRecipe, 'memoryDiskMb' | 'services'>;
  /** Tag of a baked image. */
  readonly dataVersion: string;
}

/**
 * What a machine does as it boots, as root: a tmpfs, Docker, the dump, the services. It holds no secret: it waits for the files that
 * are sent over SSH. It may be run again, and two runs wait for each other. `FOLDER/state` says `CLAIM running|done|failed STATUS`,
 * `FOLDER/CLAIM.log` what happened.
 */
export function machineScript({ recipe, dataVersion }: MachineScriptAbout): string {
  const services = Object.entries(recipe.services);
  const root = recipe.memoryDiskMb ? '/mem' : '/var/lib/shining-wizard';
  return [
    '#!/bin/bash',
    '# Made by Shining Wizard: what this machine runs for one pull request.',
    `claim='${claimPlace}'`,
    `folder=${machineStateFolder}`,
    `root=${root}`,
    plainShell.opening,
    ...(recipe.memoryDiskMb ? [memoryDisk(recipe.memoryDiskMb)] : []),
    plainShell.docker,
    ...services.map(([name, { image }]) => `pull ${quoted(name)} ${quoted(image)} &`),
    plainShell.settings,
    ...services.map(([name, service]) => startOf(name, service, dataVersion)),
    plainShell.waiting,
    '',
  ].join('\n');
}

const memoryDisk = (sizeMb: number): string => `
say "a disk of ${sizeMb} MB in memory at /mem"
grep -q '^tmpfs /mem ' /etc/fstab || echo 'tmpfs /mem tmpfs rw,size=${sizeMb}m,mode=0755 0 0' >>/etc/fstab
mkdir -p /mem
mountpoint -q /mem || mount /mem
`;

/** One function for each service, started beside the others. */
function startOf(name: string, { image, port, config, data }: ServiceRecipe, dataVersion: string): string {
  const family = familyOf(image);
  const lines = [
    `mkdir -p "$root/${name}/conf" "$root/${name}/initdb"`,
    // A run before this one may have left half of it.
    `docker rm -f ${name} >/dev/null 2>&1 || true`,
    `rm -rf "$root/${name}/data" "$root/${name}/initdb"/*`,
    `mkdir -p "$root/${name}/data"`,
    ...(config === undefined ? [] : [`printf %s ${quoted(config)} >"$root/${name}/conf/${family.configFile}"`]),
    ...(data ? dumpLines(name, image, data.from, dataVersion) : []),
    'docker run -d' +
      ` --name ${name} -p 127.0.0.1:${port}:${port} --env-file "$folder/settings/${name}.env"` +
      (family.configFolder && config !== undefined ? ` -v "$root/${name}/conf:${family.configFolder}:ro"` : '') +
      (data ? ` -v "$root/${name}/initdb:/docker-entrypoint-initdb.d:ro"` : '') +
      (family.dataFolder ? ` -v "$root/${name}/data:${family.dataFolder}"` : '') +
      ` ${quoted(image)}${family.withConfig && config !== undefined ? ` ${family.withConfig}` : ''}`,
    `answers ${name} ${quoted(family.asks)} ${port}`,
  ];
  return `\nstart_${shellName(name)}() {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\nrun ${name} start_${shellName(name)}`;
}

function dumpLines(
  name: string,
  image: string,
  from: NonNullable<ServiceRecipe['data']>['from'],
  version: string,
): string[] {
  const folder = `"$root/${name}/initdb"`;
  const env = `"$folder/settings/${name}.dump"`;
  switch (from.by) {
    case 'mysqldump': {
      const words = [...from.options, '-h', from.host, '-P', String(from.port), '-u', from.user, from.database];
      return [
        `say "${name}: a dump of the database ${plainWord(from.database)} of ${plainWord(from.host)}"`,
        `docker run --rm --env-file ${env} ${quoted(image)} mysqldump ${words.map(quoted).join(' ')} | gzip -1 >${folder}/dump.sql.gz`,
        `say "${name}: the dump is here, $(du -h ${folder}/dump.sql.gz | cut -f1) compressed"`,
      ];
    }
    case 'url':
      return [`say "${name}: fetching the dump"`, `fetch_dump ${env} ${folder}`];
    case 'baked':
      return [
        `say "${name}: the data of ${plainWord(version)}"`,
        `docker run --rm --entrypoint cp -v "$root/${name}/data:/to" ${quoted(`${from.repository}:${version}`)} -a /baked/. /to/`,
      ];
  }
}

interface Family {
  readonly configFile: string;
  readonly configFolder?: string;
  readonly dataFolder?: string;
  /** Run in the container; well when it answers. Empty: its port is tried. */
  readonly asks: string;
  readonly withConfig?: string;
}

/** The conventions of the official images. */
function familyOf(image: string): Family {
  const name = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';
  // By TCP: while the image loads a dump, its server listens on a socket only.
  const mysql = 'mysqladmin ping -h 127.0.0.1 --silent || mariadb-admin ping -h 127.0.0.1 --silent';
  if (/^(mysql|mariadb|percona)/.test(name))
    return { configFile: 'wizard.cnf', configFolder: '/etc/mysql/conf.d', dataFolder: '/var/lib/mysql', asks: mysql };
  if (/^postgres/.test(name))
    return { configFile: 'postgresql.conf', dataFolder: '/var/lib/postgresql/data', asks: 'pg_isready -h 127.0.0.1' };
  if (/^(redis|valkey)/.test(name))
    return {
      configFile: 'redis.conf',
      configFolder: '/usr/local/etc/redis',
      dataFolder: '/data',
      asks: 'redis-cli ping | grep -q PONG',
      withConfig: 'redis-server /usr/local/etc/redis/redis.conf',
    };
  return { configFile: 'config', asks: '' };
}

const shellName = (name: string): string => name.replaceAll('-', '_');
/** For sentences in double quotes. */
const plainWord = (text: string): string => text.replaceAll(/[^A-Za-z0-9._:-]/g, '?');
