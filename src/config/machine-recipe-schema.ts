import * as z from 'zod';
import { command, duration, line, shortName, sizeMb, wholeNumber, yesOrNo } from './fields.ts';
import { serviceName } from './machine-schema.ts';
import { env, innerPath, longestName } from './recipe-parts.ts';
import { settings } from './settings.ts';

const image = () =>
  line('the name of an image')
    .regex(/^[a-z0-9]+([._/:@-][A-Za-z0-9_]+)*$/, { error: 'expected an image such as mysql:5.6' })
    .meta({ title: 'image' });

const port = () => wholeNumber(1, 65_535);

const serviceData = z.union(
  [
    line('the name of a data source'),
    settings({
      source: line('the name of a data source').describe('A data source of `wizard.yml`.'),
      baked: yesOrNo()
        .prefault(false)
        .describe('Pull the image that `wizard data bake` made, instead of loading a dump.'),
    }),
  ],
  { error: 'expected the name of a data source, or { source, baked }' },
);

const serviceSettings = settings({
  image: image().describe('An official image, or one with the same conventions.'),
  port: port().exactOptional().describe("Where it answers on the machine. Without it the image's usual one."),
  env: env().prefault({}).describe('Its environment variables; secrets are sent over SSH, never in user-data.'),
  config: z
    .string({ error: 'expected the text of a configuration file' })
    .max(16_000)
    .exactOptional()
    .meta({ title: 'text' })
    .describe("A file for its configuration folder, such as MySQL's `conf.d`."),
  data: serviceData.exactOptional().describe('What its first start loads.'),
});

const service = z.union([image(), serviceSettings], {
  error: 'expected a service: an image, or { image, port, env, config, data }',
});

const timeLimit = (without: string) =>
  duration().exactOptional().describe(`How long it may take. Without it ${without}.`);

const configure = settings({
  ansible: settings({
    repository: line('a repository as "owner/name"')
      .regex(/^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/, { error: 'expected a repository as "owner/name"' })
      .exactOptional()
      .describe("Where the playbooks are, on the same code host. Without it in the application's own repository."),
    branch: line('the name of a branch').prefault('main').describe('Branch of that repository.'),
    playbook: innerPath().describe('The playbook in it, such as `site.yml`.'),
    group: line('the name of a group')
      .regex(/^[A-Za-z_][A-Za-z0-9_]{0,60}$/, { error: 'expected the name of a group' })
      .prefault('web')
      .describe('Group of the inventory that the machine is in.'),
    variables: z
      .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'expected the name of a variable' }), z.json(), {
        error: 'expected variables by name',
      })
      .prefault({})
      .meta({ title: 'NAME: value' })
      .describe('Extra variables.'),
    after: z
      .enum(['machine', 'services'])
      .prefault('machine')
      .describe('Begin when the machine lets us in, side by side with its services, or when they answer.'),
    'time-limit': timeLimit('`limits.step-time`'),
  }).describe('Run `ansible-playbook` on our side.'),
});

const revisionFile = () =>
  line('a path on the machine').regex(/^\/[^\s]*$/, { error: 'expected a path on the machine, beginning with "/"' });
const user = () =>
  line('the name of a user').regex(/^[a-z_][a-z0-9_.-]{0,31}$/, {
    error: 'expected the name of a user, such as deploy',
  });

const capistrano = settings({
  run: command()
    .prefault(['cap', 'production', 'deploy'])
    .describe('The command, in the checkout. Without it `cap production deploy`.'),
  user: user().prefault('deploy').describe('Whom it signs in as.'),
  roles: z
    .array(line('a role').regex(/^[a-z_]+$/, { error: 'expected a role' }), { error: 'expected a list of roles' })
    .prefault(['web', 'app', 'db'])
    .meta({ title: 'list of roles' })
    .describe('Roles of the server.'),
  rewrite: innerPath()
    .exactOptional()
    .describe(
      'File whose `server` and `set :branch` lines are rewritten in a copy, such as `config/deploy.rb`. Without it the repository reads `WIZARD_SERVER` and `WIZARD_REVISION` itself.',
    ),
  'revision-file': revisionFile().describe('Where it leaves the commit on the machine: `…/current/REVISION`.'),
  'time-limit': timeLimit('`limits.step-time`'),
});

const shell = settings({
  run: command().describe('Run on our side, in the checkout; `ssh machine` leads to the machine.'),
  user: user().prefault('deploy').describe('Whom `ssh machine` signs in as.'),
  'revision-file': revisionFile()
    .exactOptional()
    .describe('A file on the machine that holds the commit when it is deployed.'),
  'time-limit': timeLimit('`limits.step-time`'),
});

const health = z
  .union(
    [
      line('a path').regex(/^\//, { error: 'expected a path beginning with "/"' }),
      settings({
        http: line('a path').regex(/^\//, { error: 'expected a path beginning with "/"' }).describe('Asked by GET.'),
        status: wholeNumber(100, 599).prefault(200).describe('The status that must be answered.'),
        'revision-header': line('the name of a header')
          .regex(/^[A-Za-z0-9-]+$/, { error: 'expected the name of a header' })
          .exactOptional()
          .describe('A header of that answer that must hold the commit.'),
        'time-limit': timeLimit('`limits.start-time`'),
      }),
    ],
    { error: 'expected a path, or { http: /path, status, revision-header, time-limit }' },
  )
  .meta({ title: 'path or health check' });

/** A recipe whose environments are machines. */
export const machineRecipeSchema = settings({
  machine: line('the name of a machine').describe('Machine of `wizard.yml`; each environment gets one of its own.'),
  'memory-disk': sizeMb()
    .exactOptional()
    .describe('Size of a disk in memory at `/mem` for dump and databases. Without it they lie on the disk.'),
  services: z
    .record(serviceName(), service, { error: 'expected services by name' })
    .prefault({})
    .describe("Containers of the machine's own Docker Engine.")
    .meta({ title: 'NAME: service' }),
  'services-limit': duration()
    .prefault('30m')
    .describe('How long it may take until all services answer, the dump included.'),
  configure: configure.exactOptional().describe('What brings the machine up to date. Without it nothing.'),
  deploy: z
    .union([settings({ capistrano }), settings({ shell })], { error: 'expected { capistrano } or { shell }' })
    .meta({ title: '{ capistrano } or { shell }' })
    .describe('What puts the commit on the machine. A push does only this again.'),
  endpoints: z
    .record(shortName(longestName), port(), { error: 'expected endpoints by name' })
    .prefault({ app: 80 })
    .describe('What people open: endpoint and the port that serves it on the machine.')
    .meta({ title: 'NAME: port' }),
  health: health.prefault('/').describe('Asked of every endpoint after a deploy.'),
  env: env().prefault({}).describe('For `ansible-playbook`, `cap` and scripts.'),
});

export type MachineRecipeSettings = z.output<typeof machineRecipeSchema>;
export type ServiceSettings = MachineRecipeSettings['services'][string];
