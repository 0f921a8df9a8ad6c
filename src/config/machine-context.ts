import type { JsonObject } from '../domain/json.ts';
import type { DumpOrigin, MachineChoice } from '../domain/machine-recipe.ts';
import type { DnsChoice } from '../domain/plan-input.ts';
import type { Dump } from './recipe-context.ts';
import type { WizardSettings } from './wizard-schema.ts';

type Machines = WizardSettings['machines'];
type DataSources = WizardSettings['dataSources'];

/** Machines as recipes may choose them: everything but the secrets. */
export const machineChoices = (machines: Machines): Readonly<Record<string, MachineChoice>> =>
  Object.fromEntries(
    Object.entries(machines).map(([name, machine]) => [
      name,
      {
        name,
        kind: machine.kind === 'ssh' ? 'ssh-pool' : machine.kind,
        spec: specOf(machine),
        user: machine.user,
        port: machine.sshPort,
        bootLimitMs: machine.bootLimit,
        hostKeyWaitMs: machine.kind === 'ec2' ? machine.hostKeyWait : 0,
      },
    ]),
  );

function specOf(machine: Machines[string]): JsonObject {
  // Which host of a pool it becomes is seen when one is taken.
  if (machine.kind === 'ssh') return {};
  const { region, image, types, subnet, securityGroups, keyName, profile, spot, diskGb, address, tags, sshPort } =
    machine;
  return {
    region,
    image,
    types,
    securityGroups,
    keyName,
    spot,
    address,
    tags,
    sshPort,
    ...(subnet === undefined ? {} : { subnet }),
    ...(profile === undefined ? {} : { profile }),
    ...(diskGb === undefined ? {} : { diskGb }),
  };
}

/** Data sources that hold a database, and what runs it. */
export const databasesOf = (sources: DataSources): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(sources).flatMap(([name, { golden }]) => (golden ? [[name, golden.engine] as const] : [])),
  );

/** What a data source's own secret is called where specs name secrets: recipes cannot write a name with a dot. */
export const sourceSecret = (source: string, what: 'password' | 'url'): string => `data-sources.${source}.${what}`;

/** Data sources that machines can load. */
export const dumpsOf = (sources: DataSources): Readonly<Record<string, Dump>> =>
  Object.fromEntries(
    Object.entries(sources).flatMap(([name, { mysql, url, s3, bake }]): [string, Dump][] => {
      const origin: DumpOrigin | undefined = mysql
        ? {
            by: 'mysqldump',
            host: mysql.host,
            port: mysql.port,
            user: mysql.user,
            password: { secret: sourceSecret(name, 'password') },
            database: mysql.database,
            options: mysql.options,
          }
        : url
          ? { by: 'url', url: { secret: sourceSecret(name, 'url') } }
          : s3 && { by: 's3', source: name, place: [s3.endpoint, s3.region, s3.bucket, s3.key].join(' ').trim() };
      const bakedTo = bake && { bakedTo: bake.pulledAs ?? bake.image, bakedDatabase: bake.database ?? mysql?.database };
      return origin ? [[name, { origin, ...bakedTo }]] : [];
    }),
  );

/** All that specs may name: what `secrets` holds, and what data sources bring. */
export const allSecrets = ({ secrets, dataSources }: Pick<WizardSettings, 'secrets' | 'dataSources'>) => ({
  ...secrets,
  ...Object.fromEntries(
    Object.entries(dataSources).flatMap(([name, { mysql, postgres, url }]) => [
      ...(mysql ? [[sourceSecret(name, 'password'), mysql.password] as const] : []),
      ...(postgres ? [[sourceSecret(name, 'password'), postgres.password] as const] : []),
      ...(url ? [[sourceSecret(name, 'url'), url] as const] : []),
    ]),
  ),
});

export const dnsChoice = ({ kind, ttl, register }: NonNullable<WizardSettings['dns']>): DnsChoice => ({
  kind,
  ttlSeconds: Math.max(1, Math.round(ttl / 1000)),
  register,
});
