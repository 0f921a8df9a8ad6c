import { claimName } from '../../src/domain/claim.ts';
import type { PullRequest } from '../../src/domain/pull-request.ts';
import { WizardError } from '../../src/domain/wizard-error.ts';
import { markerOf } from '../../src/drivers/memory/memory-announcer.ts';
import type { Observation, ResourceDriver } from '../../src/ports/resource-driver.ts';
import type { Outside } from './outside.ts';
import { runSeed } from './run-seed.ts';
import { type Scenario, scenarioOf } from './scenario.ts';
import type { Ablation } from './server.ts';

/** A rule of the design, and the server without it. A fresh one for each run. */
export interface AblatedRule {
  readonly rule: string;
  readonly without: () => Ablation;
  /** The runs in which the rule can matter; missing: all. */
  readonly worth?: (scenario: Scenario) => boolean;
}

const losesDatabase = ({ happenings }: Scenario): boolean => happenings.some(({ what }) => what === 'lose-database');

export const ablatedRules: readonly AblatedRule[] = [
  { rule: 'R1 a payload is only a hint', without: payloadTrusted },
  { rule: 'R2 every look reads the pull request', without: readOnce },
  { rule: 'R3 pull requests are listed again and again', without: neverListed },
  { rule: 'R7 what is there is looked at, not remembered', without: observedFromMemory },
  { rule: 'R10 a name that has ended is not used again', without: () => ({ driver: generationFixed }) },
  {
    rule: 'R12 the generation is recovered from what is there',
    without: () => ({ driver: generationNotRecovered }),
    worth: losesDatabase,
  },
  { rule: 'R11 only what bears our label is ours', without: () => ({ driver: labelIgnored }) },
  { rule: 'R16 the record goes last', without: forgottenAtDestroy },
  { rule: 'R19 nothing goes that something stands on', without: needsForgotten },
  { rule: 'what is lost under what serves is made anew beside it', without: neverRenewed },
  { rule: 'R21 messages converge', without: alwaysPosts },
  { rule: 'a message is ours by its marker, not by its text', without: foundByText },
];

const restLimitMs = 10 * 60_000;

/** The first seed that shows that the rule is missing; `undefined` when none of the first `seeds` does. */
export async function firstFailure(
  { without, worth }: AblatedRule,
  seeds: number,
): Promise<{ seed: number; problem: string } | undefined> {
  for (let seed = 1; seed <= seeds; seed += 1) {
    if (worth && !worth(scenarioOf(seed))) continue;
    const { problems } = await runSeed(seed, { ablation: without(), restLimitMs });
    const [problem] = problems;
    if (problem === undefined) continue;
    // Only what holds with the rule, in the same time, speaks against its absence.
    const whole = await runSeed(seed, { restLimitMs });
    if (whole.problems.length === 0) return { seed, problem };
  }
  return undefined;
}

function payloadTrusted(): Ablation {
  const payloads = new Map<number, PullRequest>();
  return {
    webhook: (pull) => void payloads.set(pull.number, pull),
    host: (host) => ({
      ...host,
      findPullRequest: async (repository, number, call) =>
        payloads.get(number) ?? host.findPullRequest(repository, number, call),
    }),
  };
}

function readOnce(): Ablation {
  const read = new Map<number, PullRequest>();
  return {
    host: (host) => ({
      ...host,
      async findPullRequest(repository, number, call) {
        const known = read.get(number) ?? (await host.findPullRequest(repository, number, call));
        if (known) read.set(number, known);
        return known;
      },
    }),
  };
}

function neverListed(): Ablation {
  const listing = async (): Promise<never> => {
    throw new WizardError('listing: left out', { code: 'ablation/no-listing', remedy: 'try-again' });
  };
  return { host: (host) => ({ ...host, openPullRequests: listing, recentlyClosed: listing }) };
}

function observedFromMemory(): Ablation {
  const remembered = new Map<string, Observation>();
  return {
    driver: (driver) => ({
      ...driver,
      async observe(claim, spec, call) {
        const name = `${driver.kind} ${claimName(claim)}`;
        const seen = remembered.get(name) ?? (await driver.observe(claim, spec, call));
        if (seen.is === 'ready') remembered.set(name, seen);
        return seen;
      },
      async destroy(claim, call) {
        remembered.delete(`${driver.kind} ${claimName(claim)}`);
        return driver.destroy(claim, call);
      },
    }),
  };
}

function generationFixed(driver: ResourceDriver): ResourceDriver {
  const { update } = driver;
  return {
    ...generationNotRecovered(driver),
    observe: (claim, spec, call) => driver.observe({ ...claim, generation: 1 }, spec, call),
    create: (claim, spec, call) => driver.create({ ...claim, generation: 1 }, spec, call),
    destroy: (claim, call) => driver.destroy({ ...claim, generation: 1 }, call),
    ...(update ? { update: (claim, spec, call) => update({ ...claim, generation: 1 }, spec, call) } : {}),
  };
}

function generationNotRecovered(driver: ResourceDriver): ResourceDriver {
  return {
    ...driver,
    async *owned(call) {
      for await (const claim of driver.owned(call)) yield { ...claim, generation: 1 };
    },
  };
}

function labelIgnored(driver: ResourceDriver, { world }: Outside): ResourceDriver {
  return {
    ...driver,
    async *owned() {
      yield* world
        .things()
        .filter(({ kind }) => kind === driver.kind)
        .map(({ claim }) => claim);
    },
  };
}

function forgottenAtDestroy(): Ablation {
  return {
    store: (store) => ({
      ...store,
      resources: {
        ...store.resources,
        note: (environment, role, fields) =>
          store.resources.note(environment, role, fields.status === 'leaving' ? { ...fields, goneAt: 1 } : fields),
      },
    }),
  };
}

function needsForgotten(): Ablation {
  return {
    store: (store) => ({
      ...store,
      resources: {
        ...store.resources,
        intend: (resource) => store.resources.intend({ ...resource, needs: [] }),
        note: (environment, role, { needs: _, ...fields }) => store.resources.note(environment, role, fields),
      },
    }),
  };
}

function neverRenewed(): Ablation {
  return {
    store: (store) => ({
      ...store,
      environments: {
        ...store.environments,
        choose: (id, change) =>
          store.environments.choose(id, (before) => {
            const after = change(before);
            return after.renewed === before.renewed ? after : before;
          }),
      },
    }),
  };
}

function alwaysPosts(): Ablation {
  return {
    announcer: (announcer, { board }) => ({
      ...announcer,
      announce: async (news) => ({ id: board.post({ marker: markerOf(news), news, text: JSON.stringify(news) }).id }),
    }),
  };
}

function foundByText(): Ablation {
  return {
    announcer: (announcer, { board }) => ({
      ...announcer,
      announce: async (news) => {
        const text = JSON.stringify(news);
        const found = board.messages.find((message) => message.text.includes(markerOf(news)));
        if (!found) return { id: board.post({ marker: markerOf(news), news, text: `${markerOf(news)} ${text}` }).id };
        board.edit(found.id, { marker: markerOf(news), news, text: `${markerOf(news)} ${text}` });
        return { id: found.id };
      },
    }),
  };
}
