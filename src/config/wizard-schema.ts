import * as z from 'zod';
import { announcerSchema } from './announcer-schema.ts';
import { codeHostSchema } from './code-host-schema.ts';
import { dataSourceSchema } from './data-source-schema.ts';
import { dnsSchema } from './dns-schema.ts';
import { address, duration, line, plainName, shortName, sizeMb, wholeNumber } from './fields.ts';
import { machineName, machineSchema } from './machine-schema.ts';
import { type Outside, secret } from './outside.ts';
import { repositorySchema } from './repository-schema.ts';
import { settings } from './settings.ts';

/** All of `wizard.yml`: the one source of its types, messages, JSON Schema and manual. */
export const wizardSchema = (outside: Outside) =>
  settings({
    instance: shortName(20)
      .prefault('wizard')
      .describe(
        'Marks all that this server makes, so that two servers can share a machine, a channel or a repository.',
      ),
    'data-directory': line('the path of a folder')
      .meta({ title: 'path' })
      .prefault('./data')
      .describe('Everything the server keeps on disk.'),
    listen: listen.prefault({}).describe('Where the server listens.'),
    domain: domain()
      .prefault('localhost')
      .describe('What all host names end with. `*.DOMAIN` must lead to the gateway; `*.localhost` does by itself.'),
    'public-url': publicUrl()
      .exactOptional()
      .describe(
        'How people reach the gateway, such as `https://*.preview.example.com`. Without it `http`, the domain and the port of the gateway.',
      ),
    'host-name': hostName()
      .prefault('{endpoint}-{repository}-{number}.{domain}')
      .describe('Host name of an endpoint. `{number}` must be in it.'),
    database: secret(outside, 'the URL of a PostgreSQL database')
      .exactOptional()
      .describe(
        'URL of a PostgreSQL database. Without it the environment variable `DATABASE_URL`, and without that a database in the data directory.',
      ),
    'api-token': secret(outside, 'the token that the command line and the API ask for').describe(
      'What the command line and the API ask for.',
    ),
    'code-hosts': byName(codeHostSchema(outside), 'code hosts')
      .describe('Where pull requests live, by a name of your choice.')
      .meta({ title: 'NAME: code host' }),
    secrets: byName(secret(outside), 'secrets')
      .prefault({})
      .describe('Secrets that recipes may name.')
      .meta({ title: 'NAME: secret' }),
    'data-sources': byName(dataSourceSchema(outside), 'data sources')
      .prefault({})
      .describe('Data that environments get a copy of.')
      .meta({ title: 'NAME: data source' }),
    machines: z
      .record(machineName(), machineSchema(outside), { error: 'expected machines by name' })
      .prefault({})
      .describe('Machines that recipes may name.')
      .meta({ title: 'NAME: machine' }),
    dns: dnsSchema(outside)
      .meta({ title: 'settings' })
      .exactOptional()
      .describe(
        'Where the names of environments with a machine of their own are registered. Without it a wildcard of yours leads them to the gateway.',
      ),
    announcers: z
      .array(announcerSchema(outside), { error: 'expected a list of announcers' })
      .prefault([])
      .describe('Who is told.')
      .meta({ title: 'list of announcers' }),
    repositories: z
      .array(repositorySchema, { error: 'expected a list of repositories' })
      .min(1, { error: 'expected at least one repository' })
      .describe('The repositories whose pull requests get environments. Nothing else is ever built.')
      .meta({ title: 'list of repositories' }),
    limits: limits.prefault({}).describe('How long and how much.'),
  });

export type WizardSettings = z.output<ReturnType<typeof wizardSchema>>;

const byName = <Value extends z.ZodType>(value: Value, what: string) =>
  z.record(plainName(), value, { error: `expected ${what} by name` });

const listen = settings({
  api: address().prefault('127.0.0.1:4700').describe('API and webhooks.'),
  gateway: address().prefault('127.0.0.1:4780').describe('The environments themselves.'),
});

export const limits = settings({
  'watch-every': duration().prefault('1m').describe('How often all open pull requests are listed, webhook or not.'),
  'sweep-every': duration().prefault('10m').describe('How often we look for what should no longer be there.'),
  'step-time': duration().prefault('10m').describe('How long a step may take when its recipe does not say.'),
  'start-time': duration()
    .prefault('2m')
    .describe('How long a process may take to be up when its recipe does not say.'),
  'longest-time': duration().prefault('1h').describe('The longest time limit that a recipe may ask for.'),
  'stop-grace': duration().prefault('10s').describe('Between asking a process to stop and stopping it.'),
  'keep-timeline': wholeNumber(10, 1_000_000).prefault(2000).describe('Timeline entries kept of each environment.'),
  'keep-deliveries': wholeNumber(10, 10_000_000).prefault(10_000).describe('Webhook deliveries kept.'),
  'keep-reuse': sizeMb()
    .prefault('10GB')
    .describe('Disk space for what steps with `reuse` made. What was used least recently goes first.'),
  'keep-closed': duration().prefault('30d').describe('How long the record of a closed environment is kept.'),
});

function domain() {
  const error = 'expected a domain such as preview.example.com';
  return z
    .string({ error })
    .max(150, { error })
    .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/, { error })
    .meta({ title: 'domain' });
}

function publicUrl() {
  const error = 'expected a scheme, "*." and the domain, such as https://*.preview.example.com';
  return z
    .string({ error })
    .regex(/^https?:\/\/\*\.[a-z0-9.-]+(:[0-9]{1,5})?$/, { error })
    .transform((text) => {
      const [, scheme, host = '', port] = /^(https?):\/\/\*\.([^:]+)(?::([0-9]+))?$/.exec(text) ?? [];
      return {
        scheme: scheme === 'https' ? ('https' as const) : ('http' as const),
        host,
        port: port === undefined ? undefined : Number(port),
      };
    })
    .meta({ title: 'URL' });
}

function hostName() {
  const error = 'expected a host name with places, such as {endpoint}-{repository}-{number}.{domain}';
  return z
    .string({ error })
    .max(100, { error })
    .regex(/^[a-z0-9.{}-]+$/, { error })
    .superRefine((text, context) => {
      for (const message of templateMistakes(text)) context.addIssue({ code: 'custom', message });
    })
    .meta({ title: 'template' });
}

const places = ['endpoint', 'repository', 'number', 'domain'];

function templateMistakes(text: string): string[] {
  const used = [...text.matchAll(/\{([^{}]*)\}/g)].map((match) => match[1] ?? '');
  const unknown = used.filter((place) => !places.includes(place));
  const rest = text.replaceAll(/\{[^{}]*\}/g, 'x');
  return [
    ...unknown.map((place) => `unknown place {${place}}; known are {${places.join('}, {')}}`),
    ...(used.includes('number') ? [] : ['{number} is missing: all pull requests would share one host']),
    ...(text.endsWith('.{domain}') ? [] : ['must end with .{domain}']),
    ...(/[{}]|^[.-]|\.\.|[.-]$/.test(rest) ? ['is not a host name once its places are filled in'] : []),
  ];
}
