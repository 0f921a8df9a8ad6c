import type { EnvValue, HealthCheck, ProcessRecipe, Recipe, Step } from '../domain/recipe.ts';
import { machineRecipeMistakes } from './machine-recipe-mistakes.ts';
import { makeMachineRecipe } from './make-machine-recipe.ts';
import { servicesOf } from './make-services.ts';
import type { RecipeContext } from './recipe-context.ts';
import { recipeMistakes } from './recipe-mistakes.ts';
import type { AnyRecipeSettings, ProcessSettings, RecipeSettings, StepSettings } from './recipe-schema.ts';
import type { Problem } from './source.ts';
import { isArgv, stepNames } from './step-names.ts';

/** The recipe that its settings mean, or what is wrong with them although each is right on its own. */
export function makeRecipe(settings: AnyRecipeSettings, context: RecipeContext): Made {
  if (!('machine' in settings)) return makeProcessesRecipe(settings, context);
  const problems = machineRecipeMistakes(settings, context);
  const recipe = makeMachineRecipe(settings, context);
  return recipe && problems.length === 0 ? { recipe } : { problems };
}

type Made = { readonly recipe: Recipe } | { readonly problems: readonly Problem[] };

function makeProcessesRecipe(settings: RecipeSettings, context: RecipeContext): Made {
  const endpoints = endpointsOf(settings);
  const problems = recipeMistakes(settings, endpoints, context);
  if (problems.length > 0) return { problems };
  const leadsTo = new Set(Object.values(endpoints));
  const processes = Object.entries(settings.processes).map(([name, process]): [string, ProcessRecipe] => [
    name,
    processOf(process, leadsTo.has(name), context),
  ]);
  return {
    recipe: {
      target: 'processes',
      build: stepsOf(settings.build, context),
      release: stepsOf(settings.release, context),
      ...(settings.data === undefined ? {} : { data: { source: settings.data } }),
      services: servicesOf(settings.services),
      processes: Object.fromEntries(processes),
      endpoints: Object.fromEntries(Object.entries(endpoints).map(([name, process]) => [name, { process }])),
      env: settings.env,
    },
  };
}

function endpointsOf(settings: RecipeSettings): Readonly<Record<string, string>> {
  const only = Object.keys(settings.processes);
  return settings.endpoints ?? (only.length === 1 && only[0] !== undefined ? { app: only[0] } : {});
}

function stepsOf(steps: readonly StepSettings[], context: RecipeContext): Step[] {
  const names = stepNames(steps);
  return steps.map((step, index): Step => {
    const name = names[index] ?? `step-${index + 1}`;
    if (isArgv(step)) return { name, run: step, env: {}, timeLimitMs: context.limits.stepTimeMs };
    return {
      name,
      run: step.run,
      env: step.env satisfies Readonly<Record<string, EnvValue>>,
      timeLimitMs: step.timeLimit ?? context.limits.stepTimeMs,
      ...(step.memory === undefined ? {} : { memoryMb: step.memory }),
      ...(step.reuse === undefined ? {} : { reuse: step.reuse }),
    };
  });
}

function processOf(process: ProcessSettings, isOpened: boolean, context: RecipeContext): ProcessRecipe {
  const { limits } = context;
  const usual: HealthCheck = isOpened ? { by: 'tcp' } : { by: 'running' };
  if (isArgv(process)) {
    return { run: process, env: {}, health: usual, timeLimitMs: limits.startTimeMs, stopGraceMs: limits.stopGraceMs };
  }
  return {
    run: process.run,
    env: process.env,
    health: process.health === undefined ? usual : healthOf(process.health),
    timeLimitMs: process.timeLimit ?? limits.startTimeMs,
    stopGraceMs: process.stopGrace ?? limits.stopGraceMs,
    ...(process.memory === undefined ? {} : { memoryMb: process.memory }),
  };
}

type HealthSettings = NonNullable<Exclude<ProcessSettings, readonly unknown[]>['health']>;

function healthOf(health: HealthSettings): HealthCheck {
  if (typeof health === 'string') return { by: 'http', path: health, status: 200 };
  if (health.log !== undefined) return { by: 'log', contains: health.log };
  if (health.tcp) return { by: 'tcp' };
  if (health.running) return { by: 'running' };
  return {
    by: 'http',
    path: health.http ?? '/',
    status: health.status ?? 200,
    ...(health.revisionHeader === undefined ? {} : { revisionHeader: health.revisionHeader }),
  };
}
