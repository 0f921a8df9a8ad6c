import { until } from '../../demo/browse.ts';
import type { SeenEnvironment } from '../real-server.ts';
import type { SlackServer } from '../slack/slack-server.ts';
import { environmentOf } from './seed-server.ts';
import type { SeedWorld } from './seed-world.ts';

/** A step as the API shows it. */
export interface SeenStep {
  readonly name: string;
  readonly kind: string;
  readonly state: string;
  readonly note: string;
  readonly tookMs?: number;
  readonly generation?: number;
  readonly lastLines: readonly string[];
}

export const stepsIn = (environment: SeenEnvironment | undefined): readonly SeenStep[] =>
  (environment as { readonly steps?: readonly SeenStep[] } | undefined)?.steps ?? [];

export const stepIn = (environment: SeenEnvironment | undefined, name: string): SeenStep | undefined =>
  stepsIn(environment).find((step) => step.name === name);

/** The address of its machine, as the API shows it; throws without one. */
export function addressIn(environment: SeenEnvironment): string {
  const { address } = environment as { readonly address?: string };
  if (address === undefined) throw new Error('it has no machine');
  return address;
}

/** The instance that an environment has now. */
export function instanceOf(world: SeedWorld, number: number): string {
  const mine = machinesOf(world, number);
  if (mine.length !== 1) throw new Error(`${environmentOf(number)} has ${mine.length} instances`);
  return mine[0] ?? '';
}

/** All its instances that are not terminated. */
export const machinesOf = ({ cloud }: SeedWorld, number: number): string[] =>
  cloud.alive.filter(({ tags }) => tags.get('Name')?.split(' ')[0] === environmentOf(number)).map(({ id }) => id);

/** What the log of a step says so far; empty before there is one. */
export async function logOf(world: SeedWorld, number: number, step: string): Promise<string> {
  let text = '';
  for (let from = 0; ; ) {
    const seen = await world.api(`environments/${environmentOf(number)}/steps/${step}/log?from=${from}`);
    if (seen.status !== 200) return text;
    const piece = JSON.parse(seen.body) as { readonly text: string; readonly next: number };
    text += piece.text;
    if (piece.text === '') return text;
    from = piece.next;
  }
}

/** Waits until the log of a step has such a line. */
export const untilLogged = (world: SeedWorld, number: number, step: string, line: RegExp): Promise<string> =>
  ofPull(world, number, `${step} of ${environmentOf(number)} to log ${line}`, async () => {
    const text = await logOf(world, number, step);
    return line.test(text) ? text : undefined;
  });

/** Waits until the machine serves exactly this commit and nothing is under way any more. */
export const untilLiveAt = (world: SeedWorld, number: number, sha: string): Promise<SeenEnvironment> =>
  ofPull(world, number, `${environmentOf(number)} to be live at ${sha}`, async () => {
    const seen = await world.find(number);
    if (seen?.phase === 'failed') throw new Error(`it failed: ${JSON.stringify(seen)}`);
    return seen?.phase === 'live' && seen.liveSha === sha ? seen : undefined;
  });

/** As `untilLiveAt`, of one that had failed and was told something new. */
export async function untilMended(world: SeedWorld, number: number, sha: string): Promise<SeenEnvironment> {
  await ofPull(world, number, `${environmentOf(number)} to begin again`, async () =>
    (await world.find(number))?.phase === 'failed' ? undefined : true,
  );
  return untilLiveAt(world, number, sha);
}

/** Waits until it is parked for this step. */
export const untilParked = (world: SeedWorld, number: number, step: string): Promise<SeenEnvironment> =>
  ofPull(world, number, `${environmentOf(number)} to be parked at ${step}`, async () => {
    const seen = await world.find(number);
    return seen?.phase === 'failed' && seen.failure?.step === step ? seen : undefined;
  });

/** As `eventually`; when it never comes, the error says where each step stands and how its log ends. */
async function ofPull<Answer>(
  world: SeedWorld,
  number: number,
  what: string,
  look: () => Promise<Answer | undefined>,
): Promise<Answer> {
  try {
    return await eventually(what, look);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : error}\n${await standing(world, number)}`);
  }
}

async function standing(world: SeedWorld, number: number): Promise<string> {
  const seen = await world.find(number);
  const lines = stepsIn(seen).map(async ({ name, state, note }) => {
    const log = state === 'done' ? [] : (await logOf(world, number, name)).trimEnd().split('\n').slice(-12);
    return [`  ${name}: ${state} ${note}`, ...log.map((line) => `    ${line}`)].join('\n');
  });
  return [`  it is ${seen?.phase}: ${seen?.because}`, ...(await Promise.all(lines))].join('\n');
}

/** Everything Slack was told of a pull request, first to last, with the text of each edit. */
export const toldInSlack = (slack: SlackServer, number: number): string[] =>
  slack.calls
    .filter(({ method }) => method === 'chat.postMessage' || method === 'chat.update')
    .map(({ fields }) => [fields['text'], fields['blocks']].join(' '))
    .filter((text) => text.includes(`#${number} `));

/** Asks for something as a person does with `wizard`. */
export async function ask(world: SeedWorld, number: number, what: 'redeploy' | 'sleep' | 'wake'): Promise<void> {
  const seen = await world.api(`environments/${environmentOf(number)}/${what}`, 'POST');
  if (seen.status >= 300) throw new Error(`${what} was answered ${seen.status}: ${seen.body}`);
}

/** Looks ten times a second, four minutes at most. */
export const eventually = <Answer>(what: string, look: () => Promise<Answer | undefined>): Promise<Answer> =>
  until(what, 240_000, async () => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return look();
  });

/** A reviewer who reloads all the time, or after a pause each time. `leave` answers what they saw. */
export function visitor(world: SeedWorld, number: number, pauseMs = 0): { leave(): Promise<Visits> } {
  const answers: string[] = [];
  let slowestMs = 0;
  let stays = true;
  const visits = (async () => {
    while (stays) {
      const began = performance.now();
      const seen = await world.visit('app', number, '/revision').catch((error: Error) => error);
      const answer =
        seen instanceof Response ? `${seen.status} ${(await seen.text()).trim()}` : String(seen ?? 'no such name');
      slowestMs = Math.max(slowestMs, performance.now() - began);
      answers.push(answer);
      if (pauseMs > 0) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  })();
  return {
    async leave() {
      stays = false;
      await visits;
      return { answers, slowestMs };
    },
  };
}

export interface Visits {
  /** Status and text of each. */
  readonly answers: readonly string[];
  readonly slowestMs: number;
}
