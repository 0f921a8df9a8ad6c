import { untilLogged } from '../../testing/seed-stack/seed-watch.ts';
import type { SeedWorld } from '../../testing/seed-stack/seed-world.ts';
import { until } from '../browse.ts';
import type { Teller } from '../claims.ts';
import { processesOf } from '../left-behind.ts';

const limitMs = 600_000;

/** The pull request of this story, and one that is closed before it is live. */
export const number = 7;
const second = 8;
export const environment = `shop-${number}`;

export interface SeedStage {
  readonly world: SeedWorld;
  readonly tell: Teller;
}

/** Where the application is to be seen: through the gateway by name, and on its own machine. */
export const hostOf = ({ bind }: SeedWorld): string => `app-${environment}.${bind.zone}`;
export const livePage = (world: SeedWorld): string => `http://${hostOf(world)}:${world.port('gateway')}/`;

interface State {
  readonly revision: string;
  readonly restaurants: number;
  readonly reservations: number;
  readonly confirmed: number;
  readonly reviews: number;
}

const short = (sha: string): string => sha.slice(0, 7);

async function state({ world }: SeedStage): Promise<State | undefined> {
  const answer = await world.visit('app', number, '/state').catch(() => undefined);
  return answer?.ok ? ((await answer.json()) as State) : undefined;
}

const rows = async ({ world }: SeedStage, table: string): Promise<number> =>
  Number(await world.bed.staging.ask(`select count(*) from ${table}`));

/** How often Capistrano has deployed to the machine, as it says itself. */
async function deploys({ world }: SeedStage): Promise<number> {
  const [address = ''] = await world.bind.dig(hostOf(world), 'A');
  return (await world.hand.ssh(address, 'sudo cat /srv/shop/revisions.log')).trim().split('\n').length;
}

const secondsSince = (began: number): string => `${((performance.now() - began) / 1000).toFixed(1)} s`;

/** Opened: the live page at once, then the application on a machine of its own, with rows of staging. */
export async function opened(on: SeedStage): Promise<void> {
  const { world, tell } = on;
  const began = performance.now();
  const sha = await world.open(number, { 'public/news.txt': 'opened\n' });
  tell.say(`pull request #${number} is opened at ${short(sha)}; the webhook is sent`);
  tell.say(`open ${livePage(world)}`);
  const first = await until('the live page', 10_000, async () => {
    const seen = await world.gateway(hostOf(world));
    return seen.status === 404 ? undefined : seen;
  });
  tell.check('the live page is there at once', /<html/i.test(first.body), `${secondsSince(began)} after the webhook`);
  await world.reach(number, 'live', limitMs);
  tell.say(`live, ${secondsSince(began)} after the webhook`);
  const seen = await until('the application', 30_000, () => state(on));
  const [address] = await world.bind.dig(hostOf(world), 'A');
  tell.say(`its own machine: http://${address}/ (as ${hostOf(world)} in the DNS)`);
  tell.check('the machine runs exactly the head commit', seen.revision === sha, short(seen.revision));
  const [restaurants, reviews] = [await rows(on, 'restaurants'), await rows(on, 'reviews')];
  tell.check(
    'its database has the rows of staging',
    seen.restaurants === restaurants && seen.reviews === reviews,
    `${seen.restaurants} restaurants, ${seen.reviews} reviews`,
  );
  const through = await until('the gateway to lead there', 30_000, async () => {
    const page = await world.gateway(hostOf(world));
    return page.status === 200 ? page : undefined;
  });
  tell.check('the same address leads there now', through.body.includes(sha), `status ${through.status}`);
}

/** A reviewer reserves a table: the worker confirms it, and staging does not notice. */
export async function used(on: SeedStage): Promise<void> {
  const { world, tell } = on;
  const before = await rows(on, 'reservations');
  await world.visit('app', number, '/reservations', 'POST');
  const seen = await until('the worker to confirm the reservation', 60_000, async () => {
    const now = await state(on);
    return now?.reservations === before + 1 && now.confirmed === before + 1 ? now : undefined;
  });
  tell.check('a reviewer reserves a table, and the worker confirms it', true, `${seen.confirmed} confirmed`);
  const after = await rows(on, 'reservations');
  tell.check('staging is as it was', after === before, `${after} reservations there`);
}

/** A second pull request beside the first: a machine of its own, and closed while that still loads its data. */
export async function closedEarly(on: SeedStage): Promise<void> {
  const { world, tell } = on;
  const began = performance.now();
  await world.open(second);
  tell.say(`pull request #${second} is opened too`);
  await untilLogged(world, second, 'services', /^== the settings are here/m);
  const own = world.cloud.alive.length;
  tell.check('it has a machine of its own', own === 2, `${own} machines`);
  await world.close(second);
  tell.say(`it is closed while its services start, ${secondsSince(began)} after it was opened`);
  await world.reach(second, 'closed', limitMs);
  const left = await world.leftBehind(second);
  tell.check('nothing is left of what was half made', left.length === 0, left.join('; ') || 'nothing');
  const first = await state(on);
  tell.check('the other one did not notice', first !== undefined, `${first?.reservations} reservations`);
}

/** A push: only the deploy runs, on the same machine with the same data; the server is killed in its middle. */
export async function pushed(on: SeedStage): Promise<void> {
  const { world, tell } = on;
  const before = await state(on);
  const done = await deploys(on);
  const machines = world.cloud.instances.length;
  const began = performance.now();
  const sha = await world.push(number, { 'public/news.txt': 'pushed\n' });
  tell.say(`commit ${short(sha)} is pushed`);
  await until('cap to be at work on it', limitMs, async () =>
    (await processesOf(`seed${world.bed.runId}`)).some((line) => /\bcap\b/.test(line)) ? true : undefined,
  );
  await world.kill();
  tell.say('the server is killed (kill -9) while cap works');
  await world.start();
  tell.say('it is started again, and follows what goes on there');
  await until('the new commit to be live', limitMs, async () => {
    const seen = await world.find(number);
    if (seen?.phase === 'failed') throw new Error(`it failed: ${JSON.stringify(seen.failure)}`);
    return seen?.phase === 'live' && seen.liveSha === sha ? true : undefined;
  });
  const seen = await until('the new commit', 30_000, async () => {
    const now = await state(on);
    return now?.revision === sha ? now : undefined;
  });
  tell.check('the new commit answers', true, `${short(seen.revision)}, ${secondsSince(began)} after the webhook`);
  const news = await (await world.visit('app', number, '/news.txt'))?.text();
  tell.check('with its files', news === 'pushed\n', JSON.stringify(news));
  const more = (await deploys(on)) - done;
  tell.check('deployed once, although the server was killed', more === 1, `${more} more in revisions.log`);
  const made = world.cloud.instances.length - machines;
  tell.check('on the same machine', made === 0 && world.cloud.alive.length === 1, `${made} new machines`);
  const same = seen.reservations === before?.reservations;
  tell.check('with the data of before', same, `${seen.reservations} reservations`);
}

/** Closed: nothing is left in the cloud, the DNS, Docker or on the disk, and the receipt says what there was. */
export async function closed(on: SeedStage): Promise<void> {
  const { world, tell } = on;
  const began = performance.now();
  await world.close(number);
  tell.say('the pull request is closed');
  const seen = await world.reach(number, 'closed', limitMs);
  const made = seen.receipt?.resources.map(({ role }) => role) ?? [];
  tell.say(`closed, ${secondsSince(began)} after the webhook; receipt: ${made.join(', ')}`);
  tell.check('the receipt lists what was made and is gone', made.length >= 10, `${made.length} resources`);
  const left = await world.leftBehind(number);
  tell.check('nothing is left in cloud, DNS, Docker or on the disk', left.length === 0, left.join('; ') || 'nothing');
  const posts = await until('Slack to be told', 15_000, async () => {
    const all = world.slack.posts();
    return all.every(({ text }) => /gone/.test(text)) ? all : undefined;
  });
  tell.check('Slack has one message for each', posts.length === 2, `${posts.length}, edited ${posts[0]?.edits} times`);
}
