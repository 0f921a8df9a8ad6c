import type { DumpOrigin, MachineChoice } from '../domain/machine-recipe.ts';

export interface Dump {
  readonly origin: DumpOrigin;
  /** Where images that hold it are pushed to; missing: it is not baked. */
  readonly bakedTo?: string;
  /** What the database is called in those images. */
  readonly bakedDatabase?: string | undefined;
}

/** Who wrote a recipe, and what it may name. */
export interface RecipeContext {
  /** `operator`: in `wizard.yml` itself · `base`: the branch that the pull request goes into · `head`: the pull request's own commit. */
  readonly from: 'operator' | 'base' | 'head';
  /** Secrets and data sources of `wizard.yml` that this recipe may name. */
  readonly secrets: readonly string[];
  readonly data: readonly string[];
  /** Machines that it may name. */
  readonly machines: Readonly<Record<string, MachineChoice>>;
  /** Data sources that a machine can load, by name: how it gets their dump. */
  readonly dumps: Readonly<Record<string, Dump>>;
  /** Data sources that hold a database, by name: what runs it. */
  readonly databases: Readonly<Record<string, string>>;
  /** When names lead to the machines themselves: the port that people open. */
  readonly openPort?: number;
  /** The template of host names. */
  readonly hostName: string;
  readonly limits: RecipeLimits;
}

export interface RecipeLimits {
  readonly stepTimeMs: number;
  readonly startTimeMs: number;
  readonly longestTimeMs: number;
  readonly stopGraceMs: number;
}
