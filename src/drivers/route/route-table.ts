import type { Claim, EnvironmentId } from '../../domain/claim.ts';
import type { RouteSpec } from './route-spec.ts';

/** Where a host leads now. */
export interface RouteTarget {
  readonly environment: EnvironmentId;
  readonly endpoint: string;
  readonly port: number;
  readonly address?: string;
  readonly revision: string;
}

/** All routes in memory: looked up for each request, so `find` must stay one map access. */
export interface RouteTable {
  find(host: string): RouteTarget | undefined;
  /** The environment that holds one of these hosts already, if it is another one. */
  holderOf(environment: EnvironmentId, spec: RouteSpec): EnvironmentId | undefined;
  /** Takes the claim's spec, or forgets the claim. Of several generations of a role the highest counts. */
  set(claim: Claim, spec: RouteSpec | undefined): void;
}

export function createRouteTable(): RouteTable {
  const routes = new Map<string, { claim: Claim; spec: RouteSpec }[]>();
  const hosts = new Map<string, RouteTarget>();

  const forgetHosts = (environment: EnvironmentId): void => {
    for (const [host, target] of hosts) if (target.environment === environment) hosts.delete(host);
  };
  const addHosts = (environment: EnvironmentId): void => {
    for (const generations of routes.values()) {
      const highest = generations.at(-1);
      if (highest?.claim.environment !== environment) continue;
      for (const [endpoint, { host, port, address }] of Object.entries(highest.spec.targets)) {
        const { revision } = highest.spec;
        hosts.set(host, { environment, endpoint, port, revision, ...(address === undefined ? {} : { address }) });
      }
    }
  };
  return {
    find: (host) => hosts.get(host),
    holderOf(environment, spec) {
      const holders = Object.values(spec.targets).map(({ host }) => hosts.get(host)?.environment);
      return holders.find((holder) => holder !== undefined && holder !== environment);
    },
    set(claim, spec) {
      const key = keyOf(claim);
      const others = (routes.get(key) ?? []).filter((route) => route.claim.generation !== claim.generation);
      const all = spec ? [...others, { claim, spec }] : others;
      routes.set(
        key,
        all.toSorted((a, b) => a.claim.generation - b.claim.generation),
      );
      if (all.length === 0) routes.delete(key);
      // Both in one go: no request can come between them.
      forgetHosts(claim.environment);
      addHosts(claim.environment);
    },
  };
}

const keyOf = (claim: Claim): string => `${claim.environment}/${claim.role}`;
