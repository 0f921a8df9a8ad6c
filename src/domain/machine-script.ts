import { bakedShell } from './baked-shell.ts';
import type { DumpOrigin, MachineRecipe, MachineServiceRecipe } from './machine-recipe.ts';
import { plainShell, quoted, scriptStatus } from './shell-text.ts';
import { WizardError } from './wizard-error.ts';

/** Where the script keeps its state on the machine: on a tmpfs, so that it is forgotten together with what lies in memory. */
export const machineStateFolder = '/run/shining-wizard';

const claimPlace = '@CLAIM@';

/** The script as it is given to one machine: its state and its log carry this claim. */
export const claimedScript = (script: string, claim: string): string => script.replace(claimPlace, claim);

export interface MachineScriptAbout {
  readonly recipe: Pick<MachineRecipe, 'memoryDiskMb' | 'services'>;
  /** Data source → tag of its baked image. */
  readonly dataVersions: Readonly<Record<string, string>>;
}

/**
 * What a machine does as it boots, as root: a tmpfs, Docker, the dump, the services. It holds no secret: it waits for the files that
 * are sent over SSH to `FOLDER/CLAIM.settings/`. Two runs wait for each other. `FOLDER/CLAIM.state` says `running|done|failed STATUS`
 * (`scriptStatus`), `FOLDER/CLAIM.log` what happened.
 */
export function machineScript({ recipe, dataVersions }: MachineScriptAbout): string {
  const services = Object.entries(recipe.services);
  const strange = services.find(([name]) => !/^[a-z][a-z0-9-]{0,39}$/.test(name));
  if (strange) throw strangeName(strange[0]);
  const root = recipe.memoryDiskMb ? '/mem' : '/var/lib/shining-wizard';
  const origins = new Set(services.flatMap(([, { data }]) => (data ? [data.from.by] : [])));
  const withDumps = origins.has('mysqldump') || origins.has('url') || origins.has('s3');
  return [
    '#!/bin/bash',
    '# Made by Shining Wizard: what this machine runs for one pull request.',
    `claim='${claimPlace}'`,
    `folder=${machineStateFolder}`,
    `root=${root}`,
    plainShell.opening,
    ...(recipe.memoryDiskMb ? [plainShell.memoryDisk, `memory_disk ${recipe.memoryDiskMb}`] : []),
    ...(services.length > 0 ? [plainShell.docker] : ['running=()']),
    ...(withDumps ? [plainShell.dumps] : []),
    ...(origins.has('baked') ? [bakedShell(scriptStatus.setup)] : []),
    ...services.map(([name, { image }]) => `pull ${name} ${quoted(image)} >/dev/null 2>&1 9>&- &`),
    plainShell.settings,
    ...services.map(([name, service], index) => startOf(`start_${index}`, name, service, dataVersions)),
    plainShell.waiting,
    '',
  ].join('\n');
}

/** One function for each service, started beside the others. */
function startOf(
  start: string,
  name: string,
  { image, port, config, data }: MachineServiceRecipe,
  dataVersions: MachineScriptAbout['dataVersions'],
): string {
  const family = familyOf(image);
  const lines = [
    // A run before this one may have left half of it.
    `forget ${name}`,
    `rm -rf "$root/${name}"`,
    `mkdir -p "$root/${name}/conf" "$root/${name}/initdb" "$root/${name}/data"`,
    ...(config === undefined ? [] : [`printf %s ${quoted(config)} >"$root/${name}/conf/${family.configFile}"`]),
    `pull ${name} ${quoted(image)}`,
    ...(data ? dumpLines(name, image, data.from, dataVersions[data.source] ?? '') : []),
    `say "${name}: starting ${plainWord(image)}"`,
    `docker run -d --name ${name} --label shining-wizard=${name} -p 127.0.0.1:${port}:${port}` +
      ` --env-file "$folder/$claim.settings/${name}.env"` +
      (family.configFolder && config !== undefined ? ` -v "$root/${name}/conf:${family.configFolder}:ro"` : '') +
      (data ? ` -v "$root/${name}/initdb:/docker-entrypoint-initdb.d:ro"` : '') +
      (family.dataFolder ? ` -v "$root/${name}/data:${family.dataFolder}"` : '') +
      ` ${quoted(image)}${family.withConfig && config !== undefined ? ` ${family.withConfig}` : ''} >/dev/null`,
    `answers ${name} ${quoted(family.asks)} ${port} ${family.greets ? 'yes' : 'no'}`,
    ...(data?.from.by === 'baked' ? [`baked_accounts ${name}`] : []),
  ];
  return `\n${start}() {\n${lines.map((line) => `  ${line}`).join('\n')}\n}\nrun ${name} ${start}`;
}

function dumpLines(name: string, image: string, from: DumpOrigin, version: string): string[] {
  const folder = `"$root/${name}/initdb"`;
  switch (from.by) {
    case 'mysqldump': {
      const words = [...from.options, '-h', from.host, '-P', String(from.port), '-u', from.user, from.database];
      const marked = from.options.some((option) => /^--(skip-comments|compact|comments=)/.test(option));
      const about = `${folder} ${marked ? 'unmarked' : 'marked'} ${quoted(from.host)} ${from.port}`;
      return [
        `say "${name}: a dump of the database ${plainWord(from.database)} of ${plainWord(from.host)}"`,
        `dump_mysql ${name} ${quoted(image)} ${about} ${words.map(quoted).join(' ')}`,
      ];
    }
    case 'url':
    case 's3':
      return [`say "${name}: fetching the dump"`, `fetch_dump ${name} ${folder}`];
    case 'baked':
      return [
        `say "${name}: the data of ${plainWord(version)}"`,
        `baked ${name} ${quoted(`${from.repository}:${version}`)}`,
      ];
  }
}

interface Family {
  readonly configFile: string;
  readonly configFolder?: string;
  readonly dataFolder?: string;
  /** Run in the container; well when it answers. Empty: its port is tried. */
  readonly asks: string;
  /** Its server speaks first, so that a look at its port is enough as long as nobody speaks. */
  readonly greets?: boolean;
  readonly withConfig?: string;
}

/** The conventions of the official images. */
function familyOf(image: string): Family {
  const name = /([^/:@]+)(?:[:@][^/]*)?$/.exec(image)?.[1] ?? '';
  // By TCP: while the image loads a dump, its server listens on a socket only.
  const mysql = 'mysqladmin ping -h 127.0.0.1 --silent || mariadb-admin ping -h 127.0.0.1 --silent';
  if (/^(mysql|mariadb|percona)/.test(name))
    return {
      configFile: 'wizard.cnf',
      configFolder: '/etc/mysql/conf.d',
      dataFolder: '/var/lib/mysql',
      asks: mysql,
      greets: true,
    };
  if (/^postgres/.test(name))
    return {
      configFile: 'postgresql.conf',
      configFolder: '/etc/postgresql',
      dataFolder: '/var/lib/postgresql/data',
      asks: 'pg_isready -h 127.0.0.1',
      withConfig: 'postgres -c config_file=/etc/postgresql/postgresql.conf',
    };
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

/** For sentences in double quotes. */
const plainWord = (text: string): string => text.replaceAll(/[^A-Za-z0-9._:/-]/g, '?');

const strangeName = (name: string): WizardError =>
  new WizardError(`making a machine's script: ${JSON.stringify(name)} cannot be the name of a service`, {
    code: 'recipe/bad-service-name',
    remedy: 'change-input',
    hint: 'Use small letters, digits and hyphens, at most 40, beginning with a letter.',
  });
