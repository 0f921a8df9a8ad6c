import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aPullRequest, aResource } from '../../testing/builders.ts';
import { desired } from './desired.ts';
import { type Environment, noChoices } from './environment.ts';
import { planOf } from './plan.ts';
import type { Policy } from './policy.ts';
import { newsOf, remainingMs } from './view.ts';

const policy: Policy = { drafts: 'ignore', forks: 'approval', labels: [] };
const newsFor = (environment: Environment, resources = [] as Parameters<typeof newsOf>[2], rules = policy) =>
  newsOf(environment, {}, resources, { plan: [], wish: desired(environment, rules) });

test('news of a failure says whose fault it is', () => {
  const parked = { remedy: 'fix-setup', code: 'a/b', message: 'no disk', lastLines: [], at: 0 } as const;
  const news = newsFor(anEnvironment({ phase: 'failed' }), [aResource({ parked })]);
  assert.equal(news.failure?.remedy, 'fix-setup');
});

test('each mistake of a recipe keeps its own lines in the news, up to as many as anybody reads', () => {
  const told = (because: string) => newsFor(anEnvironment({ phase: 'failed', because })).failure;
  assert.deepEqual(told('reading .wizard.yml: 2 mistakes\na: x\n   1 | a\nb: y'), {
    step: 'recipe',
    message: 'reading .wizard.yml: 2 mistakes',
    lastLines: ['a: x', '   1 | a', 'b: y'],
  });
  const many = told(`many\n${'line\n'.repeat(99)}line`);
  assert.deepEqual([many?.lastLines.length, many?.lastLines.at(-1)], [61, '… and 40 lines more']);
});

test('a draft that is never built is not worth a message', () => {
  const waiting = anEnvironment({ phase: 'waiting', pull: aPullRequest({ draft: true }) });
  assert.equal(newsFor(waiting).worthAMessage, false);
});

test('what waits for approval is worth a message, and what is never built although from a fork is not', () => {
  const waiting = anEnvironment({ phase: 'waiting', pull: aPullRequest({ headRepositoryId: null }) });
  assert.equal(newsFor(waiting).worthAMessage, true);
  assert.equal(newsFor(waiting, [], { ...policy, forks: 'never' }).worthAMessage, false);
});

test('what was once made is worth a message when it ends, and a recipe that cannot be used at once', () => {
  const gone = [aResource({ goneAt: 5 })];
  const heldGone = anEnvironment({ phase: 'waiting', choices: { ...noChoices, heldGone: true } });
  assert.equal(newsFor(heldGone, gone).worthAMessage, true);
  assert.equal(newsFor(anEnvironment({ phase: 'closed' }), gone).worthAMessage, true);
  assert.equal(newsFor(anEnvironment({ phase: 'closed' })).worthAMessage, false);
  assert.equal(newsFor(anEnvironment({ phase: 'failed' })).worthAMessage, true);
});

test('a state that the look under way is about to leave is not worth a message', () => {
  assert.equal(newsFor(anEnvironment({ phase: 'waiting' }), [aResource()]).worthAMessage, false);
});

test("the address of the environment's own machine is told as soon as it is known", () => {
  const machine = aResource({ role: 'machine.00000001', kind: 'ec2', facts: { address: '203.0.113.7' }, readyAt: 5 });
  const younger = { ...machine, role: 'machine.00000002', facts: { address: '203.0.113.8' }, readyAt: 9 };
  assert.equal(newsFor(anEnvironment(), [machine]).address, '203.0.113.7');
  assert.equal(newsFor(anEnvironment(), [younger, machine]).address, '203.0.113.8');
  assert.equal(newsFor(anEnvironment(), [{ ...machine, goneAt: 9 }]).address, undefined);
});

test('addresses show progress where they lead to us first, not where they lead to a machine at once', () => {
  const shown = (...parts: readonly string[][]): boolean => {
    const plan = planOf(
      parts.map(([name = '', ...needs]) => ({
        ...{ name, kind: name, needs, spec: {} },
        ...({ replace: 'in-place', timeLimitMs: 1000 } as const),
      })),
    );
    return newsOf(anEnvironment(), {}, [], { plan, wish: desired(anEnvironment(), policy) }).urlsShowProgress;
  };
  assert.equal(shown(['web'], ['route', 'web']), true);
  assert.equal(shown(['machine'], ['dns', 'machine']), false);
  assert.equal(shown(['machine'], ['health', 'machine'], ['dns', 'machine', 'health']), true);
  assert.equal(newsOf(anEnvironment(), {}, []).urlsShowProgress, false);
});

const chain = planOf(
  ['checkout', 'build', 'web'].map((name, index, all) => ({
    name,
    kind: 'command',
    spec: {},
    needs: all.slice(0, index).slice(-1),
    replace: 'beside',
    timeLimitMs: 600_000,
  })),
);
const left = (...steps: (readonly ['done' | 'working' | 'waiting', number?])[]): number | undefined =>
  remainingMs(
    chain,
    steps.map(([state, usualMs], index) => ({
      name: chain[index]?.name ?? '',
      role: '',
      kind: 'command',
      state,
      note: '',
      lastLines: [],
      ...(state === 'working' ? { startedAt: 1000 } : {}),
      ...(usualMs === undefined ? {} : { usualMs }),
    })),
    1500,
  );

test('what is left is what the steps still to come take usually, without the time that the working one has had', () => {
  assert.equal(left(['done', 200], ['working', 3000], ['waiting', 400]), 2900);
  assert.equal(left(['done', 200], ['working', 300], ['waiting', 400]), 400, 'late, but not beyond now');
  assert.equal(left(['done', 200], ['done', 3000], ['done']), 0);
});

test('a step that was never seen to its end leaves no estimate, whatever is known of those before it', () => {
  assert.equal(left(['working'], ['waiting'], ['waiting']), undefined);
  assert.equal(left(['done', 200], ['working'], ['waiting']), undefined);
  assert.equal(left(['done', 200], ['working', 3000], ['waiting']), undefined);
});
