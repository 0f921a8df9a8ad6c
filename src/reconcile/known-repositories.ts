import type { RepositoryId, RepositoryRef } from '../domain/pull-request.ts';
import type { Call } from '../ports/call.ts';
import type { RepositorySetup } from '../ports/repositories.ts';

/** The configured repositories, and the ids that their code hosts gave them once each could be asked. */
export interface KnownRepositories {
  readonly setups: readonly RepositorySetup[];
  byName(name: string): RepositorySetup | undefined;
  byId(id: RepositoryId): RepositorySetup | undefined;
  /** By its id where that is known already, so that a rename is no other repository. */
  of(ref: RepositoryRef): RepositorySetup | undefined;
  /** Asks the code host the first time; throws what it throws. */
  resolve(setup: RepositorySetup, call: Call): Promise<RepositoryRef>;
  /** Missing until it was resolved. */
  refOf(setup: RepositorySetup): RepositoryRef | undefined;
  /** Its open pull requests were listed whole, and what differs was marked. */
  listed(setup: RepositorySetup): void;
  /** Every repository was listed whole since we started: only then is what no pull request claims known to be nobody's. */
  complete(): boolean;
}

export function knownRepositories(setups: readonly RepositorySetup[]): KnownRepositories {
  const names = new Map(setups.map((setup) => [setup.name.toLowerCase(), setup]));
  const refs = new Map<RepositorySetup, RepositoryRef>();
  const whole = new Set<RepositorySetup>();
  const byName = (name: string): RepositorySetup | undefined =>
    names.get(name.toLowerCase()) ?? setups.find((setup) => refs.get(setup)?.name.toLowerCase() === name.toLowerCase());
  const byId = (id: RepositoryId): RepositorySetup | undefined => setups.find((setup) => refs.get(setup)?.id === id);
  return {
    setups,
    byName,
    byId,
    of: ({ id, name }) => byId(id) ?? byName(name),
    refOf: (setup) => refs.get(setup),
    listed: (setup) => void whole.add(setup),
    complete: () => setups.every((setup) => whole.has(setup)),
    async resolve(setup, call) {
      const known = refs.get(setup);
      if (known) return known;
      const ref = await setup.host.repository(setup.name, call);
      refs.set(setup, ref);
      return ref;
    },
  };
}
