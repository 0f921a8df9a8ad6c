import type { EnvironmentId } from '../domain/claim.ts';

/** Tells whoever looks at an environment that something about it changed. Says nothing about what: they read again. */
export interface Changes {
  publish(id: EnvironmentId): void;
  /** The answer ends it. */
  watch(id: EnvironmentId | undefined, then: (id: EnvironmentId) => void): () => void;
}

export function changes(): Changes {
  const all = new Set<(id: EnvironmentId) => void>();
  const each = new Map<EnvironmentId, Set<(id: EnvironmentId) => void>>();
  return {
    publish(id) {
      for (const then of [...all, ...(each.get(id) ?? [])]) then(id);
    },
    watch(id, then) {
      const group = id === undefined ? all : (each.get(id) ?? new Set());
      if (id !== undefined) each.set(id, group);
      group.add(then);
      return () => {
        group.delete(then);
        // Ended once more, after another group took its place, it must leave that one alone.
        if (id !== undefined && group.size === 0 && each.get(id) === group) each.delete(id);
      };
    },
  };
}
