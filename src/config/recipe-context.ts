/** Who wrote a recipe, and what it may name. */
export interface RecipeContext {
  /** `operator`: in `wizard.yml` itself · `base`: the branch that the pull request goes into · `head`: the pull request's own commit. */
  readonly from: 'operator' | 'base' | 'head';
  /** Secrets and data sources of `wizard.yml` that this recipe may name. */
  readonly secrets: readonly string[];
  readonly data: readonly string[];
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
