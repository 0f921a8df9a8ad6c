import type { Environment } from './environment.ts';
import type { Json, JsonObject } from './json.ts';
import type { Part } from './plan.ts';
import type { RepositoryRef } from './pull-request.ts';
import type { EnvValue, Recipe } from './recipe.ts';

/** All that a plan is made from. */
export interface PlanInput<Kind extends Recipe = Recipe> {
  readonly environment: Environment;
  readonly recipe: Kind;
  /** The commit that is wanted. */
  readonly sha: string;
  /** False for a stranger's code: no secret is given to it. */
  readonly trusted: boolean;
  /** Endpoint → URL. */
  readonly urls: Readonly<Record<string, string>>;
  /** Data source → version of its golden copy. */
  readonly dataVersions: Readonly<Record<string, string>>;
  /** The same for what the recipe wants anew with every push; missing: the same version. */
  readonly pushedVersions?: Readonly<Record<string, string>>;
  /** Missing: names lead to the gateway, and the operator's own wildcard does that. */
  readonly dns?: DnsChoice;
  /** Where the playbooks come from, when not from the application's own repository. */
  readonly playbooks?: { readonly repository: RepositoryRef; readonly branch: string; readonly sha: string };
}

/** `dns` of `wizard.yml`, without its secrets. */
export interface DnsChoice {
  /** Kind of resource: `route53`, `rfc2136`. */
  readonly kind: string;
  readonly ttlSeconds: number;
  /** `at-once`: when the machine has its address. `when-live`: until then a wildcard leads to the live page. */
  readonly register: 'at-once' | 'when-live';
}

const checkoutLimitMs = 10 * 60_000;

export function checkoutPart({ environment, sha }: PlanInput): Part {
  return {
    name: 'checkout',
    kind: 'checkout',
    needs: [],
    replace: 'beside',
    renewedBy: 'redeploys',
    asleep: 'stays',
    // It is its id that tells it from others: a rename moves nothing.
    unkeyed: ['repository'],
    timeLimitMs: checkoutLimitMs,
    spec: {
      repositoryId: environment.repository.id,
      repository: environment.repository.name,
      number: environment.number,
      sha,
      ...stampOf(environment),
    },
  };
}

/** Counts the redeploys that people asked for: another stamp is another resource, or a drift of one that is changed in place. */
export const stampOf = ({ choices }: Environment): JsonObject =>
  choices.redeploys === 0 ? {} : { redeploy: choices.redeploys };

/**
 * What every step and process finds in its environment; `PORT` is added by the process driver. A build does not wait for the data,
 * and a stranger's code may be given none: they are told nothing that speaks of it.
 */
export function envOf(
  input: PlanInput,
  own: Readonly<Record<string, EnvValue>>,
  hasData: boolean,
  placeOf: (name: string, what: string) => readonly Json[] | undefined = () => undefined,
): JsonObject {
  const { environment, recipe, sha, urls, trusted } = input;
  const fixed: Record<string, Json> = {
    WIZARD_ENVIRONMENT: environment.id,
    WIZARD_PULL_REQUEST: String(environment.number),
    WIZARD_REVISION: sha,
    ...(hasData ? { WIZARD_DATA: { fact: 'data.path' } } : {}),
  };
  for (const [endpoint, url] of Object.entries(urls))
    fixed[`WIZARD_URL_${endpoint.toUpperCase().replaceAll('-', '_')}`] = url;
  const chosen = Object.entries({ ...recipe.env, ...own }).flatMap(([name, value]): [string, Json][] => {
    if (typeof value === 'string' && !hasData && value.includes('${data}')) return [];
    if (typeof value === 'string') return withPlaces(name, value, input, placeOf);
    return trusted ? [[name, { secret: value.secret }]] : [];
  });
  return { ...fixed, ...Object.fromEntries(chosen) };
}

/** `${data}/app.db` → a template. Unknown places were refused when the recipe was read; `${port}` is filled by the process driver. */
function withPlaces(
  name: string,
  text: string,
  input: PlanInput,
  placeOf: (service: string, what: string) => readonly Json[] | undefined,
): [string, Json][] {
  let known = true;
  const parts = text
    .split(/(\$\{[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)?\})/)
    .filter((part) => part !== '')
    .flatMap((part): readonly Json[] => {
      if (part === '${data}') return [{ fact: 'data.path' }];
      if (part === '${revision}') return [input.sha];
      if (part === '${number}') return [String(input.environment.number)];
      if (part === '${environment}') return [input.environment.id];
      if (part.startsWith('${url.')) return [input.urls[part.slice(6, -1)] ?? ''];
      const [service = '', what] = part.startsWith('${') ? part.slice(2, -1).split('.') : [];
      if (what === undefined) return [part];
      const place = placeOf(service, what);
      known &&= place !== undefined;
      return place ?? [];
    });
  if (!known) return [];
  if (parts.every((part) => typeof part === 'string')) return [[name, parts.join('')]];
  const hasSecret = parts.some((part) => typeof part === 'object' && part !== null && 'secret' in part);
  return [[name, hasSecret ? { text: parts } : { join: parts }]];
}
