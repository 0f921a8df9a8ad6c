import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aResource } from '../../testing/builders.ts';
import { type Decision, decide, type Situation } from './decide.ts';
import { owedTry } from './resource.ts';

const traits = { visibleAfterMs: 30_000, lateMs: 60_000, lookEveryMs: 60_000, replacing: 'costly' } as const;
const situation = (over: Partial<Situation>): Situation => ({
  goal: 'present',
  seen: { is: 'absent' },
  known: undefined,
  spec: { a: 1 },
  timeLimitMs: 600_000,
  traits,
  canUpdate: false,
  now: 100_000,
  ...over,
});
const broken = { is: 'broken', note: 'exit 1', remedy: 'try-again', lastLines: ['x'] } as const;
const drifted = { is: 'ready', facts: {}, drift: [{ field: 'directory', want: 'b', have: 'a' }] } as const;
const another = [{ field: 'revision', want: 'b', have: 'a' }];
const arriving = { is: 'arriving', note: 'booting', lookAgainMs: 500 } as const;
const cheap = { ...traits, replacing: 'cheap' } as const;

const onItsWay = aResource({ intendedAt: 90_000, acknowledgedAt: 90_000, status: 'arriving' });

const cases: readonly { because: string; given: Partial<Situation>; expected: Partial<Decision> }[] = [
  { because: 'it was never asked for', given: {}, expected: { do: 'create', generation: 1 } },
  {
    because: 'what is on its way is changed on its way when something else is wanted',
    given: { seen: { ...arriving, drift: another }, known: onItsWay, canUpdate: true },
    expected: { do: 'update' },
  },
  {
    because: 'what failed for an older commit is not held against the next one',
    given: { seen: { ...broken, drift: another }, known: onItsWay, canUpdate: true },
    expected: { do: 'update' },
  },
  {
    because: 'what is broken may be what was wanted before, as long as a need is not ready',
    given: { seen: broken, known: onItsWay, unsure: true },
    expected: { do: 'wait', forMs: Number.POSITIVE_INFINITY },
  },
  {
    because: 'what had arrived and is arriving again, hours later, is not late',
    given: { seen: arriving, known: { ...onItsWay, readyAt: 91_000 }, now: 9_000_000 },
    expected: { do: 'wait' },
  },
  {
    because: 'what was too slow for an older commit is changed, not held against the next one',
    given: { seen: { ...arriving, drift: another }, known: onItsWay, canUpdate: true, now: 9_000_000 },
    expected: { do: 'update' },
  },
  {
    because: 'what cannot be changed is waited for',
    given: { seen: { ...arriving, drift: another }, known: onItsWay },
    expected: { do: 'wait' },
  },
  {
    because: 'a create without an answer is asked again, with the same name and spec',
    given: { known: aResource({ generation: 3, spec: { old: 1 } }) },
    expected: { do: 'create', generation: 3, spec: { old: 1 } },
  },
  {
    because: 'it was acknowledged, and is too new to be listed',
    given: { known: aResource({ acknowledgedAt: 90_000, status: 'arriving' }) },
    expected: { do: 'wait', forMs: 20_000 },
  },
  {
    because: 'the grace is over: it is gone, so the next generation is made',
    given: { known: aResource({ acknowledgedAt: 70_000, status: 'arriving' }) },
    expected: { do: 'create', generation: 2, spec: { a: 1 } },
  },
  {
    because: 'its last generation was seen gone',
    given: { known: aResource({ generation: 4, goneAt: 1 }) },
    expected: { do: 'create', generation: 5 },
  },
  { because: 'it is on its way', given: { seen: arriving, known: aResource() }, expected: { do: 'wait', forMs: 500 } },
  {
    because: 'it is still within its time at the last millisecond',
    given: { seen: arriving, known: aResource(), now: 600_000 },
    expected: { do: 'wait' },
  },
  {
    because: 'it took too long',
    given: { seen: arriving, known: aResource(), now: 600_001 },
    expected: { do: 'destroy', replaced: 1 },
  },
  { because: 'it broke', given: { seen: broken, known: aResource() }, expected: { do: 'destroy', replaced: 1 } },
  {
    because: 'it was replaced twice for this commit',
    given: { seen: broken, known: aResource({ replaced: 2 }) },
    expected: { do: 'park', remedy: 'change-input', lastLines: ['x'] },
  },
  {
    because: 'only new input helps',
    given: { seen: { ...broken, remedy: 'change-input' }, known: aResource() },
    expected: { do: 'park', remedy: 'change-input' },
  },
  {
    because: 'it rested and people ask for one more try, whatever is wrong with it',
    given: { seen: { ...broken, remedy: 'fix-setup' }, known: aResource({ replaced: owedTry }) },
    expected: { do: 'destroy', replaced: 0, afterMs: 0 },
  },
  {
    because: 'that one try is this one',
    given: { known: aResource({ replaced: owedTry, generation: 2, goneAt: 1 }) },
    expected: { do: 'create', generation: 3, replaced: 0 },
  },
  {
    because: 'a driver that knows better says by which code and with which hint it rests',
    given: {
      seen: { ...broken, remedy: 'fix-setup', code: 'disk/full', hint: 'Make room.' },
      known: aResource(),
    },
    expected: { do: 'park', remedy: 'fix-setup', code: 'disk/full', hint: 'Make room.', lastLines: ['x'] },
  },
  {
    because: 'a process that had worked is started anew without end, more and more slowly',
    given: { seen: broken, traits: cheap, known: aResource({ replaced: 5, readyAt: 1 }) },
    expected: { do: 'destroy', replaced: 6, afterMs: 32_000 },
  },
  {
    because: 'but never more slowly than every five minutes',
    given: { seen: broken, traits: cheap, known: aResource({ replaced: 500, readyAt: 1 }) },
    expected: { do: 'destroy', afterMs: 300_000 },
  },
  {
    because: 'a process that ran well for ten minutes is started again at once, whatever was before',
    given: { seen: broken, traits: cheap, known: aResource({ replaced: 5, readyAt: 100_000 }), now: 700_000 },
    expected: { do: 'destroy', replaced: 1, afterMs: 0 },
  },
  {
    because: 'a process that ran well for almost ten minutes keeps its pauses',
    given: { seen: broken, traits: cheap, known: aResource({ replaced: 5, readyAt: 100_000 }), now: 699_999 },
    expected: { do: 'destroy', replaced: 6, afterMs: 32_000 },
  },
  {
    because: 'a machine that ran well for long has no more tries for its commit than before',
    given: { seen: broken, known: aResource({ replaced: 2, readyAt: 100_000 }), now: 9_000_000 },
    expected: { do: 'park' },
  },
  {
    because: 'a process that never worked is parked like anything else',
    given: { seen: broken, traits: cheap, known: aResource({ replaced: 2 }) },
    expected: { do: 'park' },
  },
  {
    because: 'what is to go is not replaced, however late',
    given: { goal: 'gone', seen: arriving, known: aResource(), now: 1e9 },
    expected: { do: 'destroy', because: 'no longer wanted' },
  },
  {
    because: 'a create without an answer may still arrive, so it is not called gone yet',
    given: { goal: 'gone', known: aResource({ intendedAt: 50_000 }) },
    expected: { do: 'wait', forMs: 40_000 },
  },
  {
    because: 'visitors are served through what is gone: it is made anew beside',
    given: { renewal: { lastAt: undefined }, known: aResource({ acknowledgedAt: 1 }), now: 1e9 },
    expected: { do: 'renew' },
  },
  {
    because: 'visitors are served through what broke',
    given: { renewal: { lastAt: undefined }, seen: broken, known: aResource(), now: 1e9 },
    expected: { do: 'renew', because: 'exit 1' },
  },
  {
    because: 'visitors are served by what is not as wanted any more',
    given: { renewal: { lastAt: undefined }, seen: drifted, known: aResource(), now: 1e9 },
    expected: { do: 'renew', because: 'what is wanted has changed' },
  },
  {
    because: 'it was made anew beside a minute ago: a pause, in which the old one serves',
    given: { renewal: { lastAt: 1e9 - 60_000 }, seen: broken, known: aResource(), now: 1e9 },
    expected: { do: 'wait', forMs: 240_000 },
  },
  {
    because: 'it was made anew at a time that is yet to come: the clock was set back, and tells nothing',
    given: { renewal: { lastAt: 2e9 }, seen: broken, known: aResource(), now: 1e9 },
    expected: { do: 'renew' },
  },
  {
    because: 'our records were lost and not all is listed: visitors may be led to what broke, so it stays for now',
    given: { incomplete: true, seen: broken, known: aResource(), now: 1e9 },
    expected: { do: 'wait', forMs: 1000 },
  },
  {
    because: 'a create without an answer is repeated while not all is listed: it takes nothing away',
    given: { incomplete: true, known: aResource({ generation: 3 }) },
    expected: { do: 'create', generation: 3 },
  },
  {
    because: 'a create without an answer is repeated although visitors are served: it takes nothing away',
    given: { renewal: { lastAt: undefined }, known: aResource({ generation: 3 }) },
    expected: { do: 'create', generation: 3 },
  },
  {
    because: 'what only new input mends is parked although visitors are served',
    given: { renewal: { lastAt: undefined }, seen: { ...broken, remedy: 'change-input' }, known: aResource() },
    expected: { do: 'park' },
  },
  { because: 'nothing can arrive any more', given: { goal: 'gone', known: aResource() }, expected: { do: 'gone' } },
];

for (const { because, given, expected } of cases)
  test(`deciding: ${because}`, () => assert.partialDeepStrictEqual(decide(situation(given)), expected));
