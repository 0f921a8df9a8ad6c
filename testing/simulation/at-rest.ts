import { type EnvironmentId, plainRole } from '../../src/domain/claim.ts';
import type { Choices, Environment } from '../../src/domain/environment.ts';
import type { MemoryThing } from '../../src/drivers/memory/memory-world.ts';
import { commitKind, rolesOf } from './commits.ts';
import { type Expected, expectedOf } from './expected.ts';
import { portOf } from './kinds.ts';
import { idOf, type Outside } from './outside.ts';

/** INV-1, 2, 3, 5 and 6: what must hold once people are quiet and everything outside is well. Empty: all holds. */
export async function problemsAtRest(outside: Outside): Promise<string[]> {
  const { store, scenario } = outside;
  const environments = new Map((await store.environments.list()).map((environment) => [environment.id, environment]));
  const problems: string[] = [];
  for (const pull of outside.host.all()) {
    const id = idOf(pull.number);
    const environment = environments.get(id);
    const expected = expectedOf(pull, scenario.policy, environment && choicesThatBind(outside, environment));
    problems.push(...thingProblems(outside, id, expected), ...messageProblems(outside, id, expected));
    if (environment) problems.push(...(await recordProblems(outside, environment, expected)));
    else if (expected.phase !== 'closed') problems.push(`INV-1 ${id}: no record of an open pull request`);
  }
  const strange = outside.world
    .things()
    .filter(({ claim, ofOthers }) => !ofOthers && !outside.heads.has(claim.environment));
  if (strange.length > 0) problems.push(`INV-1 ${strange.length} things of nobody`);
  return problems;
}

const thingsOf = ({ world }: Outside, id: EnvironmentId): readonly MemoryThing[] =>
  world.things().filter(({ claim }) => claim.environment === id);

const nameOf = ({ claim }: MemoryThing): string => `${claim.role}_${claim.generation}`;

/** What was asked long before it lands no more. */
const landsWithinMs = 30_000;

/** What the server says that people chose, since they may have asked in vain; but nothing that ended with a reopening. */
function choicesThatBind({ bound, freed }: Outside, { id, choices }: Environment): Choices {
  const endedAt = freed.get(id);
  if (endedAt === undefined || endedAt < (bound.get(id) ?? 0) + landsWithinMs) return choices;
  const { pinnedSha: _, ...kept } = choices;
  return { ...kept, heldGone: false };
}

function thingProblems(outside: Outside, id: EnvironmentId, expected: Expected): string[] {
  const things = thingsOf(outside, id);
  if (!('sha' in expected)) {
    return things.length === 0 ? [] : [`INV-1 ${id} is ${expected.phase} but has ${things.map(nameOf).join(', ')}`];
  }
  if (expected.phase === 'failed') return failedProblems(outside, id, expected.sha);
  const have = things.map(({ claim }) => plainRole(claim.role)).sort();
  const want = rolesOf(expected.sha);
  if (have.join() !== want.join()) return [`INV-1 ${id} has ${things.map(nameOf).join(', ')} instead of ${want}`];
  const bad = things.filter((thing) => thing.broken ?? thing.goneAt !== undefined);
  if (bad.length > 0) return [`INV-1 ${id}: ${bad.map(nameOf).join(', ')} not well`];
  return [...commitProblems(things, id, expected.sha), ...routeProblems(things, id)];
}

/** Of a commit that cannot be made live: nothing but of it, and of the one that serves. Without a recipe nothing is taken away. */
function failedProblems(outside: Outside, id: EnvironmentId, sha: string): string[] {
  if (commitKind(sha) === 'bad-recipe') return [];
  const things = thingsOf(outside, id);
  const serves = things.find(({ kind }) => kind === 'route')?.spec['revision'];
  return things
    .filter(({ spec }) => ![sha, serves, undefined].includes(spec['sha'] ?? spec['revision']))
    .map((thing) => `INV-1 ${id}: ${nameOf(thing)} is of a commit that is neither wanted nor serves`);
}

function commitProblems(things: readonly MemoryThing[], id: EnvironmentId, sha: string): string[] {
  return things
    .filter(({ spec }) => (spec['sha'] ?? spec['revision'] ?? sha) !== sha)
    .map((thing) => `INV-2 ${id}: ${nameOf(thing)} is of another commit than ${sha.slice(0, 7)}`);
}

function routeProblems(things: readonly MemoryThing[], id: EnvironmentId): string[] {
  const ports = things.filter(({ kind }) => kind === 'process').map(({ claim }) => portOf(claim));
  const route = things.find(({ kind }) => kind === 'route');
  const targets = Object.values((route?.spec['targets'] ?? {}) as Record<string, { port: number }>);
  return targets
    .filter(({ port }) => !ports.includes(port))
    .map(({ port }) => `INV-3 ${id}: the route points at ${port}, where nothing of it runs`);
}

function messageProblems(outside: Outside, id: EnvironmentId, expected: Expected): string[] {
  const messages = outside.board.messages.filter(({ news }) => news?.environment === id);
  const [message] = messages;
  if (messages.length > 1) return [`INV-5 ${id} has ${messages.length} messages`];
  if (!message?.news) {
    return expected.phase === 'closed' || expected.phase === 'waiting' ? [] : [`INV-5 ${id} has no message`];
  }
  if (message.news.phase !== expected.phase) {
    return [`INV-5 ${id}: the message says ${message.news.phase}, not ${expected.phase}`];
  }
  if (expected.phase === 'live' && message.news.liveSha !== expected.sha) {
    return [`INV-5 ${id}: the message shows another commit`];
  }
  return [];
}

async function recordProblems(outside: Outside, environment: Environment, expected: Expected): Promise<string[]> {
  const { id, phase, because, requested, observed, liveSha } = environment;
  const problems: string[] = [];
  if (phase !== expected.phase) problems.push(`INV-6 ${id} is ${phase} (${because}), not ${expected.phase}`);
  if (requested !== observed) problems.push(`INV-6 ${id}: asked ${requested} times, looked ${observed}`);
  if (expected.phase === 'live' && liveSha !== expected.sha) problems.push(`INV-2 ${id}: the record shows ${liveSha}`);
  const live = (await outside.store.resources.of(id)).filter(({ goneAt }) => goneAt === undefined);
  const there = new Set(thingsOf(outside, id).map(nameOf));
  const unknown = [...there].filter((name) => !live.some(({ role, generation }) => `${role}_${generation}` === name));
  if (unknown.length > 0) problems.push(`INV-6 ${id}: ${unknown.join(', ')} not in the journal`);
  if (expected.phase === 'closed' && live.length > 0)
    problems.push(`INV-6 ${id}: closed with ${live.length} open lines`);
  return problems;
}
