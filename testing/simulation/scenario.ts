import type { Policy } from '../../src/domain/policy.ts';
import { type SeededRandom, seededRandom } from '../seeded-random.ts';

/** What people, clouds and bad luck do in one run. All of it follows from the seed. */
export interface Scenario {
  readonly seed: number;
  /** Things are shown late and answers may come late. */
  readonly cloudy: boolean;
  readonly policy: Policy;
  readonly pulls: number;
  /** Trouble lasts so long; then everything heals. */
  readonly troubleMs: number;
  readonly happenings: readonly Happening[];
  /** Share of port calls that go wrong while there is trouble. */
  readonly faultShare: number;
  /** Share of faults that kill the server. */
  readonly killShare: number;
  readonly listLagMs: number;
  /** Share of webhooks that are lost, sent twice, and late. */
  readonly webhooks: { readonly lost: number; readonly twice: number; readonly lateMs: number };
}

export interface Happening {
  readonly atMs: number;
  readonly what:
    | 'push'
    | 'close'
    | 'reopen'
    | 'draft'
    | 'approve'
    | 'redeploy'
    | 'reset-data'
    | 'destroy'
    | 'pin'
    | 'vanish'
    | 'break'
    | 'kill'
    | 'outage'
    | 'outage-ends'
    | 'lose-database'
    | 'clock-jump';
  /** Which pull request, or which thing, as a number that is taken modulo how many there are. */
  readonly which: number;
}

const often: readonly Happening['what'][] = ['push', 'push', 'push', 'close', 'close', 'reopen', 'reopen', 'vanish'];
const seldom: readonly Happening['what'][] = [
  'draft',
  'approve',
  'approve',
  'redeploy',
  'reset-data',
  'destroy',
  'pin',
  'break',
  'kill',
  'kill',
];

export function scenarioOf(seed: number): Scenario {
  const random = seededRandom(seed).fork('scenario');
  const troubleMs = random.between(60, 240) * 1000;
  const happenings = Array.from({ length: random.between(6, 24) }, (): Happening => {
    const what = random.chance(0.6) ? random.pick(often) : random.pick(seldom);
    return { atMs: random.between(0, troubleMs), what, which: random.between(0, 1_000_000) };
  });
  return {
    seed,
    cloudy: random.chance(0.5),
    policy: { drafts: random.pick(['build', 'ignore']), forks: 'approval', labels: [] },
    pulls: random.between(1, 4),
    troubleMs,
    happenings: [
      ...happenings,
      ...outages(random, troubleMs),
      ...lostDatabase(random, troubleMs),
      ...clockJumps(random, troubleMs),
    ].sort((a, b) => a.atMs - b.atMs),
    faultShare: random.pick([0, 0.02, 0.05, 0.12]),
    killShare: random.pick([0, 0.05, 0.15]),
    listLagMs: random.pick([0, 0, 3_000]),
    webhooks: { lost: random.pick([0, 0.15, 0.5]), twice: 0.2, lateMs: random.pick([0, 5_000, 60_000]) },
  };
}

function outages(random: SeededRandom, troubleMs: number): Happening[] {
  if (!random.chance(0.3)) return [];
  const from = random.between(0, troubleMs);
  return [
    { atMs: from, what: 'outage', which: 0 },
    { atMs: from + random.between(5, 90) * 1000, what: 'outage-ends', which: 0 },
  ];
}

function lostDatabase(random: SeededRandom, troubleMs: number): Happening[] {
  if (!random.chance(0.25)) return [];
  return [{ atMs: random.between(troubleMs / 4, troubleMs), what: 'lose-database', which: 0 }];
}

/** Somebody sets the machine's clock, again and again, by up to an hour to either side. */
function clockJumps(random: SeededRandom, troubleMs: number): Happening[] {
  if (!random.chance(0.2)) return [];
  return Array.from({ length: random.between(1, 3) }, () => ({
    atMs: random.between(0, troubleMs),
    what: 'clock-jump',
    which: random.between(0, 7_200_000),
  }));
}
