import type { Policy } from '../domain/policy.ts';
import type { Recipe } from '../domain/recipe.ts';
import type { RecipeContext } from './recipe-context.ts';
import type { WizardSettings } from './wizard-schema.ts';

/** All of `wizard.yml`, checked: paths are absolute, secrets are found, names lead somewhere. */
export interface Config extends Omit<WizardSettings, 'repositories' | 'limits' | 'publicUrl' | 'hostName'> {
  /** Where it was read from. */
  readonly path: string;
  readonly publicUrl: PublicUrl;
  /** Which database that is and who named it, a sentence for the log. */
  readonly databaseBecause: string;
  /** `{endpoint}-{repository}-{number}.{domain}` */
  readonly hostNameTemplate: string;
  readonly repositories: readonly RepositoryConfig[];
  readonly limits: Limits;
}

/** How people reach the gateway. Without `port` it is the scheme's own. */
export interface PublicUrl {
  readonly scheme: 'http' | 'https';
  readonly port: number | undefined;
}

export interface RepositoryConfig {
  /** `owner/name` as written; the code host says how it is called now. */
  readonly name: string;
  /** Name under `codeHosts`. */
  readonly codeHost: string;
  readonly slug: string | undefined;
  readonly policy: Policy;
  /** `owner/name` of each repository that may come as a submodule. */
  readonly submodules: readonly string[];
  /** The recipe itself, or where in the repository it is read from. */
  readonly recipe:
    | { readonly from: 'operator'; readonly recipe: Recipe }
    | { readonly from: 'base' | 'head'; readonly path: string; readonly context: RecipeContext };
}

export interface Limits {
  readonly watchEveryMs: number;
  readonly sweepEveryMs: number;
  readonly stepTimeMs: number;
  readonly startTimeMs: number;
  readonly longestTimeMs: number;
  readonly stopGraceMs: number;
  readonly keepTimeline: number;
  readonly keepDeliveries: number;
  readonly keepReuseBytes: number;
  readonly keepClosedMs: number;
}

export type CodeHostConfig = Config['codeHosts'][string];
export type AnnouncerConfig = Config['announcers'][number];
export type DataSourceConfig = Config['dataSources'][string];

/** `https://app-shop-7.preview.example.com`, as people type it. */
export function urlOf({ scheme, port }: PublicUrl, host: string): string {
  const usual = scheme === 'https' ? 443 : 80;
  return `${scheme}://${host}${port === undefined || port === usual ? '' : `:${port}`}`;
}

/** Where a repository's own recipe lies. */
export const recipeFile = '.wizard.yml';
