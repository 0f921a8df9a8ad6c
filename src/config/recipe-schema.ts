import * as z from 'zod';
import { command, duration, line, shortName, sizeMb, wholeNumber } from './fields.ts';
import { machineRecipeSchema } from './machine-recipe-schema.ts';
import { serviceName } from './machine-schema.ts';
import { env, innerPath, longestName } from './recipe-parts.ts';
import { serviceSchema } from './service-schema.ts';
import { type Complain, settings } from './settings.ts';

const paths = () =>
  z
    .array(innerPath(), { error: 'expected a list of paths' })
    .min(1, { error: 'expected a list of paths' })
    .meta({ title: 'list of paths' });

const stepSettings = settings({
  name: shortName(longestName).exactOptional().describe('What people see. Without it the first words of the command.'),
  run: command().describe('What to run, in the checkout.'),
  env: env().prefault({}).describe('For this step alone.'),
  'time-limit': duration().exactOptional().describe('How long it may take. Without it `limits.step-time`.'),
  memory: sizeMb()
    .exactOptional()
    .describe('More than this, with all that it starts, and it fails. Without it there is no limit.'),
  reuse: settings({
    files: paths().describe('When an earlier run of this step saw the same files, it is not run again.'),
    keep: paths().describe('What that run made, brought back instead.'),
  })
    .exactOptional()
    .describe('Skip the step when what it depends on has not changed.'),
});

const step = z.union([command(), stepSettings], {
  error: 'expected a step: a command, or { name, run, env, time-limit, memory, reuse }',
});

const steps = () => z.array(step, { error: 'expected a list of steps' }).meta({ title: 'list of steps' });

const healthKinds = ['http', 'tcp', 'log', 'running'] as const;

const healthSettings = settings(
  {
    http: line('a path')
      .regex(/^\//, { error: 'expected a path beginning with "/"' })
      .exactOptional()
      .describe('Asked by GET.'),
    status: wholeNumber(100, 599).exactOptional().describe('The status that `http` must answer. Without it 200.'),
    'revision-header': line('the name of a header')
      .regex(/^[A-Za-z0-9-]+$/, { error: 'expected the name of a header' })
      .exactOptional()
      .describe('A header of that answer that must hold the commit.'),
    tcp: z.literal(true, { error: 'expected true' }).exactOptional().describe('It accepts connections.'),
    log: line('text to wait for').exactOptional().describe('Its output holds this text.'),
    running: z.literal(true, { error: 'expected true' }).exactOptional().describe('It runs: for workers.'),
  },
  oneHealthKind,
);

function oneHealthKind(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const used = healthKinds.filter((kind) => kind in value);
  if (used.length !== 1)
    complain([], `expected exactly one of http, tcp, log and running, got ${used.join(' and ') || 'none'}`);
  for (const key of ['status', 'revision-header'])
    if (key in value && !('http' in value)) complain([key], 'only goes with http');
}

const health = z
  .union([z.string().regex(/^\//, { error: 'expected a path beginning with "/"' }), healthSettings], {
    error: 'expected a path, or one of { http: /path }, { tcp: true }, { log: text } and { running: true }',
  })
  .meta({ title: 'path or health check' });

const processSettings = settings({
  run: command().describe('What to run, in the checkout. It listens on the port in `PORT`.'),
  env: env().prefault({}).describe('For this process alone.'),
  health: health
    .exactOptional()
    .describe('When it counts as up. Without it: `tcp` where an endpoint leads to it, else `running`.'),
  memory: sizeMb().exactOptional().describe('More than this and it is stopped. Without it there is no limit.'),
  'time-limit': duration().exactOptional().describe('How long it may take to be up. Without it `limits.start-time`.'),
  'stop-grace': duration()
    .exactOptional()
    .describe('Between asking it to stop and stopping it. Without it `limits.stop-grace`.'),
});

const process = z.union([command(), processSettings], {
  error: 'expected a process: a command, or { run, health, memory, time-limit, stop-grace, env }',
});

/** A recipe whose environments are processes of this machine. */
export const processesRecipeSchema = settings({
  build: steps().prefault([]).describe('Run one after the other in the checkout, before anything starts.'),
  release: steps().prefault([]).describe('Run once for each commit when build and data are ready: migrations.'),
  data: line('the name of a data source')
    .exactOptional()
    .describe('Data source of `wizard.yml`; each environment gets a copy of its own.'),
  services: z
    .record(serviceName(), serviceSchema, { error: 'expected services by name' })
    .prefault({})
    .describe('Databases and caches of its own; `${NAME.url}` in `env` leads to one.')
    .meta({ title: 'NAME: service' }),
  processes: z
    .record(shortName(longestName), process, { error: 'expected processes by name' })
    .describe('What runs, by name.')
    .meta({ title: 'NAME: process' }),
  endpoints: z
    .record(shortName(longestName), line('the name of a process'), { error: 'expected endpoints by name' })
    .exactOptional()
    .describe('What people open: endpoint and the process that serves it. Without it `app` leads to the only process.')
    .meta({ title: 'NAME: process name' }),
  env: env().prefault({}).describe('For every step and process.'),
});

/** What a repository wants of its environments, in `wizard.yml` or in the repository's own `.wizard.yml`. */
export const recipeSchema = z.union([processesRecipeSchema, machineRecipeSchema], {
  error: 'expected a recipe: settings with processes, or with machine and deploy',
});

export type AnyRecipeSettings = z.output<typeof recipeSchema>;
export type RecipeSettings = z.output<typeof processesRecipeSchema>;
export type StepSettings = RecipeSettings['build'][number];
export type ProcessSettings = RecipeSettings['processes'][string];
