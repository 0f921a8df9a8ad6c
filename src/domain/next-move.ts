import type { Difference, Observation } from './observation.ts';

export type Goal = 'present' | 'gone';
export type Move = 'create' | 'update' | 'destroy' | 'wait' | 'settled';

/** The whole lifecycle of a resource as one table: what to do next, given what we want and what we see. */
export function nextMove(goal: Goal, seen: Observation, canUpdate: boolean): Move {
  if (goal === 'gone') {
    switch (seen.is) {
      case 'absent':
        return 'settled';
      case 'leaving':
        return 'wait';
      case 'arriving':
      case 'ready':
      case 'broken':
        return 'destroy';
    }
  }
  switch (seen.is) {
    case 'absent':
      return 'create';
    case 'leaving':
      return 'wait';
    case 'arriving':
      return canUpdate && differs(seen.drift) ? 'update' : 'wait';
    case 'broken':
      return canUpdate && differs(seen.drift) ? 'update' : 'destroy';
    case 'ready':
      if (seen.drift.length === 0) return 'settled';
      return canUpdate ? 'update' : 'destroy';
  }
}

export const differs = (drift: readonly Difference[] = []): boolean => drift.length > 0;
