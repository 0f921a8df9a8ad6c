import type { MachineRecipe } from './machine-recipe.ts';
import type { ServiceRecipe } from './service-recipe.ts';

/** What a repository wants of its environments, already parsed and checked by config/. Hosts and secrets are the operator's. */
export type Recipe = ProcessesRecipe | MachineRecipe;

/** Programs on the server's own machine. */
export interface ProcessesRecipe {
  readonly target: 'processes';
  /** Run one after the other in the checkout, before anything starts. */
  readonly build: readonly Step[];
  /** Run once for each commit when build and data are ready: migrations. */
  readonly release: readonly Step[];
  /** The data source of `wizard.yml` that each environment gets its own copy of. */
  readonly data?: { readonly source: string };
  /** Databases and caches, by the name that roles and `${db.url}` have. */
  readonly services: Readonly<Record<string, ServiceRecipe>>;
  readonly processes: Readonly<Record<string, ProcessRecipe>>;
  /** Names people open: `app` → `app-REPOSITORY-NUMBER.DOMAIN`, served by a process. */
  readonly endpoints: Readonly<Record<string, { readonly process: string }>>;
  /** For every step and process. */
  readonly env: Readonly<Record<string, EnvValue>>;
}

/** A command as its arguments. Text in a recipe becomes `['sh', '-euc', text]`; nothing of a pull request is ever put in. */
export type Argv = readonly [string, ...string[]];

/**
 * Text with `${data}`, `${db.url}`, `${port}`, `${revision}`, `${number}`, `${environment}`, `${url.ENDPOINT}` filled in, or a secret by its
 * name in `wizard.yml`.
 */
export type EnvValue = string | { readonly secret: string };

export interface Step {
  readonly name: string;
  readonly run: Argv;
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly timeLimitMs: number;
  readonly memoryMb?: number;
  /** When an earlier run of this step saw the same `files`, what it `keep`s is brought back and it is not run again. */
  readonly reuse?: { readonly files: readonly string[]; readonly keep: readonly string[] };
}

export interface ProcessRecipe {
  readonly run: Argv;
  readonly env: Readonly<Record<string, EnvValue>>;
  readonly health: HealthCheck;
  /** How long it may take to become healthy. */
  readonly timeLimitMs: number;
  readonly memoryMb?: number;
  /** Between SIGTERM and SIGKILL. */
  readonly stopGraceMs: number;
}

export type HealthCheck =
  | { readonly by: 'http'; readonly path: string; readonly status: number; readonly revisionHeader?: string }
  | { readonly by: 'tcp' }
  | { readonly by: 'log'; readonly contains: string }
  /** Healthy as long as it runs: for workers. */
  | { readonly by: 'running' };
