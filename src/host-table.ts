import type { EnvironmentId } from './domain/claim.ts';
import type { Environment } from './domain/environment.ts';
import type { HostEntry, HostTable } from './ports/gateway.ts';
import type { EnvironmentStore } from './ports/store.ts';
import type { Changes } from './reconcile/changes.ts';

/** Where a route leads, from the route driver; missing while nothing serves the host. */
export type TargetFor = (
  host: string,
) => { readonly port: number; readonly address?: string; readonly revision: string } | undefined;

/** Every host of every environment that is not closed, kept as the environments change. */
export interface LiveHostTable extends HostTable {
  /** Whether another environment than `id` has this host. */
  isTaken(host: string, id: EnvironmentId): boolean;
  stop(): void;
}

export async function hostTable(
  environments: Pick<EnvironmentStore, 'find' | 'list'>,
  changes: Changes,
  targetFor: TargetFor,
): Promise<LiveHostTable> {
  const owners = new Map<string, { environment: EnvironmentId; endpoint: string }>();
  const hostsOf = new Map<EnvironmentId, readonly string[]>();
  const learn = ({ id, hosts, phase }: Environment): void => {
    for (const host of hostsOf.get(id) ?? []) owners.delete(host);
    const open = phase === 'closed' ? [] : Object.entries(hosts);
    for (const [endpoint, host] of open) owners.set(host, { environment: id, endpoint });
    hostsOf.set(
      id,
      open.map(([, host]) => host),
    );
  };
  const stop = changes.watch(undefined, (id) => {
    // What cannot be read now is read at its next change.
    environments.find(id).then(
      (found) => found && learn(found),
      () => undefined,
    );
  });
  for (const environment of await environments.list()) learn(environment);
  return {
    find(host): HostEntry | undefined {
      const owner = owners.get(host);
      if (!owner) return undefined;
      const target = targetFor(host);
      if (!target) return owner;
      const { port, address, revision } = target;
      return { ...owner, port, revision, ...(address === undefined ? {} : { address }) };
    },
    isTaken(host, id) {
      const owner = owners.get(host);
      return owner !== undefined && owner.environment !== id;
    },
    stop,
  };
}
