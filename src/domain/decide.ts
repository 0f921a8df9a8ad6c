import type { JsonObject } from './json.ts';
import { differs, type Goal, nextMove } from './next-move.ts';
import type { Breakage, DriverTraits, Observation } from './observation.ts';
import { owedTry, type Resource } from './resource.ts';

/** What to do about one resource now. */
export type Decision =
  | { readonly do: 'create'; readonly generation: number; readonly spec: JsonObject; readonly replaced: number }
  | { readonly do: 'update' }
  | { readonly do: 'destroy'; readonly replaced: number; readonly afterMs: number; readonly because: string }
  | { readonly do: 'wait'; readonly forMs: number; readonly note: string }
  /** Visitors are served through what is lost: it is made anew beside, under another name. */
  | { readonly do: 'renew'; readonly because: string }
  | { readonly do: 'settled' }
  /** Seen absent, and nothing that we asked for can still arrive: the record may go. */
  | { readonly do: 'gone' }
  | ({ readonly do: 'park' } & Breakage & Required<Pick<Breakage, 'lastLines'>>);

export interface Situation {
  readonly goal: Goal;
  readonly seen: Observation;
  /** Our journal of it; missing: never intended. */
  readonly known: Resource | undefined;
  /** What is wanted, its needs' facts filled in. */
  readonly spec: JsonObject;
  readonly timeLimitMs: number;
  readonly traits: DriverTraits;
  readonly canUpdate: boolean;
  /** A need is not ready, so it is unknown what is wanted of it: what is broken may be what was wanted before. */
  readonly unsure?: boolean;
  /** Our records were lost and not everything is listed yet: what visitors are led through is unknown. */
  readonly incomplete?: boolean;
  /** Given when visitors are served through it and it can be made anew beside; `lastAt` is when that was done last. */
  readonly renewal?: { readonly lastAt: number | undefined };
  readonly now: number;
}

/** A bad commit must not buy machines all night. */
const replacementsPerCommit = 2;
const firstRestartMs = 1000;
const incompleteMs = 1000;
const longestRestartMs = 5 * 60_000;
/** What ran well for so long has no history: it is started again at once, as if it had never ended before. */
const steadyMs = 10 * 60_000;

/** The next-move table with what stands beside it: the create journal, limits on replacing, deadlines, no gap for visitors. */
export function decide(situation: Situation): Decision {
  const decision = decideAlone(situation);
  if (!takesAway(decision, situation.known)) return decision;
  if (situation.incomplete) return { do: 'wait', forMs: incompleteMs, note: 'waiting until everything is listed' };
  return renewed(situation, decision) ?? decision;
}

/** As if nobody were served through it. */
function decideAlone(situation: Situation): Decision {
  const { goal, seen, known, canUpdate } = situation;
  const late = goal === 'present' && isLate(situation);
  if (late !== false) return replaceOrPark(situation, { remedy: 'try-again', note: late });
  const move = nextMove(goal, seen, canUpdate);
  switch (move) {
    case 'create':
      return whenAbsent(situation);
    case 'update':
      return { do: 'update' };
    case 'wait':
      return seen.is === 'arriving' || seen.is === 'leaving'
        ? { do: 'wait', forMs: seen.lookAgainMs, note: seen.note }
        : { do: 'settled' };
    case 'destroy':
      if (goal === 'gone') return { do: 'destroy', replaced: 0, afterMs: 0, because: 'no longer wanted' };
      if (seen.is === 'broken') {
        if (situation.unsure) return { do: 'wait', forMs: Number.POSITIVE_INFINITY, note: seen.note };
        return replaceOrPark(situation, seen);
      }
      return { do: 'destroy', replaced: timesReplaced(known), afterMs: 0, because: 'what is wanted has changed' };
    case 'settled':
      return goal === 'gone' ? whenSeenGone(situation) : { do: 'settled' };
  }
}

type TakingAway = Extract<Decision, { do: 'create' | 'destroy' }>;

/** Another generation has other facts, so making one takes away what stands on the last. */
const takesAway = (decision: Decision, known: Resource | undefined): decision is TakingAway =>
  decision.do === 'destroy' ||
  (decision.do === 'create' && known !== undefined && decision.generation > known.generation);

/** The first time at once; something that is lost again and again must not buy machines all night. */
function renewed({ renewal, now }: Situation, decision: TakingAway): Decision | undefined {
  if (!renewal) return undefined;
  const { lastAt = 0 } = renewal;
  // A time in the future is one of before the clock was set back.
  const restMs = lastAt > now ? 0 : lastAt + longestRestartMs - now;
  if (restMs > 0) return { do: 'wait', forMs: restMs, note: 'lost again so soon; it is made anew after a pause' };
  return { do: 'renew', because: decision.do === 'destroy' ? decision.because : 'it is gone' };
}

/** Never answered: ask again with the same name. Too new to be listed: wait. Truly gone: the next generation. */
function whenAbsent({ known, spec, traits, now }: Situation): Decision {
  if (!known || known.goneAt !== undefined) {
    return { do: 'create', generation: (known?.generation ?? 0) + 1, spec, replaced: timesReplaced(known) };
  }
  const ended = known.status === 'leaving';
  if (known.acknowledgedAt === undefined && !ended) {
    return { do: 'create', generation: known.generation, spec: known.spec, replaced: known.replaced };
  }
  const quietMs = stillPossibleMs(known, traits, now);
  if (quietMs > 0) return { do: 'wait', forMs: quietMs, note: 'asked for, not to be seen yet' };
  return { do: 'create', generation: known.generation + 1, spec, replaced: timesReplaced(known) };
}

function whenSeenGone({ known, traits, now }: Situation): Decision {
  const quietMs = known ? stillPossibleMs(known, traits, now) : 0;
  return quietMs > 0 ? { do: 'wait', forMs: quietMs, note: 'making sure that nothing arrives late' } : { do: 'gone' };
}

/** How long what we asked for may still turn up although it is not to be seen. */
function stillPossibleMs(known: Resource, traits: DriverTraits, now: number): number {
  if (known.acknowledgedAt === undefined) return known.intendedAt + traits.lateMs + traits.visibleAfterMs - now;
  return known.acknowledgedAt + traits.visibleAfterMs - now;
}

/** What had arrived and is arriving again is not late, and what something else is wanted of begins anew. */
function isLate({ seen, known, timeLimitMs, canUpdate, now }: Situation): string | false {
  if (seen.is !== 'arriving' || !known || known.readyAt !== undefined) return false;
  if (canUpdate && differs(seen.drift)) return false;
  if (now - known.intendedAt <= timeLimitMs) return false;
  return `took longer than ${Math.round(timeLimitMs / 1000)} s; the last thing seen was: ${seen.note}`;
}

const timesReplaced = (known: Resource | undefined): number => Math.max(0, known?.replaced ?? 0);

function replaceOrPark(situation: Situation, seen: Breakage): Decision {
  const { known, traits, now } = situation;
  const { remedy, note, code, hint, lastLines = [] } = seen;
  if (known?.replaced === owedTry) return { do: 'destroy', replaced: 0, afterMs: 0, because: note };
  const restart = traits.replacing === 'cheap' && known?.readyAt !== undefined && remedy === 'try-again';
  const steady = restart && now - known.readyAt >= steadyMs;
  const replaced = steady ? 0 : timesReplaced(known);
  if (remedy !== 'try-again' || (!restart && replaced >= replacementsPerCommit)) {
    return {
      do: 'park',
      remedy: remedy === 'try-again' ? 'change-input' : remedy,
      note,
      lastLines,
      ...(code === undefined ? {} : { code }),
      ...(hint === undefined ? {} : { hint }),
    };
  }
  const afterMs = restart ? Math.min(longestRestartMs, firstRestartMs * 2 ** replaced) : 0;
  return { do: 'destroy', replaced: replaced + 1, afterMs: replaced === 0 && restart ? 0 : afterMs, because: note };
}
