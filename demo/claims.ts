/** What the demo says is true, and whether it was seen to be. */
export interface Claim {
  readonly claim: string;
  readonly holds: boolean;
  readonly seen: string;
}

export interface Teller {
  readonly claims: readonly Claim[];
  readonly timeline: readonly { readonly atMs: number; readonly what: string }[];
  say(what: string): void;
  check(claim: string, holds: boolean, seen: string): void;
}

/** Tells the story as it goes, with the seconds since its beginning. */
export function teller(write: (line: string) => void): Teller {
  const began = performance.now();
  const claims: Claim[] = [];
  const timeline: { atMs: number; what: string }[] = [];
  const stamp = (): number => Math.round(performance.now() - began);
  return {
    claims,
    timeline,
    say(what) {
      timeline.push({ atMs: stamp(), what });
      write(`${(stamp() / 1000).toFixed(2).padStart(7)} s  ${what}`);
    },
    check(claim, holds, seen) {
      claims.push({ claim, holds, seen });
      write(`${(stamp() / 1000).toFixed(2).padStart(7)} s  ${holds ? '✔' : '✘'} ${claim} (${seen})`);
    },
  };
}

export interface Outcome {
  readonly exitCode: number;
  /** For people: what was false, or that nothing was. */
  readonly lines: readonly string[];
  /** For programs. */
  readonly json: string;
}

/** What came of it: 0 when the story reached its end and every claim was seen to hold. */
export function outcome(
  { claims, timeline }: Pick<Teller, 'claims' | 'timeline'>,
  failure: string | undefined,
): Outcome {
  const wrong = claims.filter(({ holds }) => !holds);
  const ok = failure === undefined && wrong.length === 0 && claims.length > 0;
  return {
    exitCode: ok ? 0 : 1,
    lines: [
      ...(failure === undefined ? [] : [`The demo stopped: ${failure}`]),
      ...wrong.map(({ claim, seen }) => `Not true: ${claim} (${seen})`),
      ...(ok ? [`All ${claims.length} claims hold.`] : []),
    ],
    json: JSON.stringify({ ok, failure: failure ?? null, claims, timeline }),
  };
}
