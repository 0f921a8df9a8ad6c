import { pbkdf2Sync } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { processesOf } from '../demo/left-behind.ts';
import { type Playground, playground } from '../demo/playground.ts';
import { type ServerProcess, startServer } from '../demo/server-process.ts';
import { closePull, openPull, pushPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import type { Bench, BenchOptions, Report } from './bench.ts';
import { median, rounded } from './figures.ts';
import { byHand, type Hand } from './overhead/hand.ts';
import { byWizard, closeByWizard } from './overhead/wizard.ts';

/** From the webhook to the first good answer of the application, beside the same work by bare commands. */
export const overheadBench: Bench = { name: 'overhead', run: benchOverhead };

interface Times {
  readonly ours: number[];
  readonly hand: number[];
}
interface Measured {
  readonly first: Times;
  readonly push: Times;
}

/** A machine's own speed changes by a fifth from one minute to the next: of five the median may be one of the odd ones. */
const usualRounds = 9;

async function benchOverhead({ rounds: asked, roundsSaid = false }: BenchOptions): Promise<Report> {
  const rounds = roundsSaid ? asked : usualRounds;
  const slow = await measure(rounds, twoSeconds());
  const quick = await measure(rounds, undefined);
  const all = { first: slow.first, push: slow.push, quickFirst: quick.first, quickPush: quick.push };
  const compared = Object.entries(all).map(([name, { ours, hand }]) => {
    const [oursMs, handMs] = [median(ours), median(hand)];
    const figures = { ratio: rounded(oursMs / handMs), overMs: rounded(oursMs - handMs), oursMs, handMs };
    return [name, { ...figures, oursMs: rounded(oursMs), handMs: rounded(handMs) }] as const;
  });
  const rows = compared.map(([name, { ratio, overMs, oursMs, handMs }]) => [
    name,
    oursMs.toFixed(0),
    handMs.toFixed(0),
    overMs.toFixed(0),
    ratio.toFixed(2),
  ]);
  return {
    table: [['what', 'ours ms', 'by hand ms', 'over ms', 'ratio'], ...rows],
    json: { rounds, ...Object.fromEntries(compared), all },
  };
}

async function measure(rounds: number, bundle: string | undefined): Promise<Measured> {
  const times: Measured = { first: { ours: [], hand: [] }, push: { ours: [], hand: [] } };
  const ground = await playground(bundle === undefined ? {} : { bundle });
  let server: ServerProcess | undefined;
  let hand: Hand | undefined;
  try {
    server = await startServer(ground);
    hand = await byHand(ground, bundle !== undefined);
    // The first round only warms up: the golden copy and the mirror are there afterwards, for both.
    for (let round = 0; round <= rounds; round++) await once(ground, hand, round + 1, round === 0 ? undefined : times);
    return times;
  } finally {
    await hand?.end();
    await server?.stop();
    for (const line of await processesOf(ground.instance)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
    await rm(ground.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** One pull request by ours and the same commits by hand; who begins changes every time. */
async function once(ground: Playground, hand: Hand, number: number, times: Measured | undefined): Promise<void> {
  const branch = `change-${number}`;
  const pull = { gitDir: ground.gitDir, number };
  const commit = (text: string): Promise<string> =>
    ground.commit(branch, text, async (folder) => {
      const path = join(folder, 'web.mjs');
      await writeFile(path, `${await readFile(path, 'utf8')}// ${text} ${number}\n`);
    });
  const both = async (sha: string, action: 'opened' | 'synchronize'): Promise<void> => {
    const what = action === 'opened' ? 'first' : 'push';
    const ours = async (): Promise<void> => {
      const took = await byWizard(ground, { number, sha, action });
      times?.[what].ours.push(took);
    };
    const theirs = async (): Promise<void> => {
      const took = await hand[what](sha, number);
      times?.[what].hand.push(took);
    };
    for (const turn of number % 2 === 0 ? [ours, theirs] : [theirs, ours]) await turn();
  };
  const first = await commit('first');
  await openPull(pull, first, { title: branch, author: 'mira', headRef: branch });
  await both(first, 'opened');
  const second = await commit('second');
  await pushPull(pull, second);
  await both(second, 'synchronize');
  await closePull(pull, { merged: false });
  await closeByWizard(ground, number);
  await hand.end();
}

/** A program whose real work takes this machine about two seconds when it is alone. */
function twoSeconds(): string {
  const probe = 200_000;
  const began = performance.now();
  pbkdf2Sync('work', 'salt', probe, 64, 'sha512');
  const count = Math.round((probe * 1900) / (performance.now() - began));
  return `import { pbkdf2Sync } from 'node:crypto';\npbkdf2Sync('work', 'salt', ${count}, 64, 'sha512');\nconsole.log('bundled');\n`;
}
