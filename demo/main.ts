import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeError } from '../src/domain/wizard-error.ts';
import { outcome, type Teller, teller } from './claims.ts';
import { type Interruption, interruption } from './interruption.ts';
import { processesOf } from './left-behind.ts';
import { type Playground, playground } from './playground.ts';
import { prepare } from './seed-stack/prepare.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { closed, opened, pushed, type Stage, stage, used } from './story.ts';

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    hold: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    'seed-stack': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(
    'npm run demo -- [--seed-stack] [--once] [--hold] [--json]\n  --seed-stack  machines, Ansible, Capistrano, DNS and Slack instead of processes (Debian and root)\n  --once  run through and exit (the default without a terminal)\n  --hold  stay up before closing, for you to play (the default on a terminal)\n  --json  one JSON object as the last line',
  );
} else {
  const exitCode = await (options['seed-stack'] ? demoOfSeedStack : demo)(interruption());
  // A story that was interrupted may still wait for something, and the terminal for a key.
  process.exit(exitCode);
}

/** Whether people get time to play before the end. */
function holds(): boolean {
  return options.hold || (!options.once && process.stdout.isTTY === true);
}

/** 0 when every claim was seen to hold, 2 when it cannot run on this machine. */
async function demoOfSeedStack(interrupted: Interruption): Promise<number> {
  const tell = teller((line) => console.log(line));
  const obstacle = await prepare(tell.say);
  if (obstacle !== undefined) {
    console.error(obstacle);
    return 2;
  }
  // Its parts are not loaded for the plain demo, which must run anywhere.
  const { seedDemo } = await import('./seed-stack/seed-demo.ts');
  const hold = (url: string, folder: string): Promise<void> => waitForPeople(url, folder, interrupted);
  return end(tell, await seedDemo({ tell, interrupted, ...(holds() ? { hold } : {}) }));
}

/** 0 when every claim was seen to hold. */
async function demo(interrupted: Interruption): Promise<number> {
  const began = performance.now();
  const tell = teller((line) => console.log(line));
  let ground: Playground | undefined;
  let server: ServerProcess | undefined;
  let failure: string | undefined;
  try {
    ground = await playground();
    tell.say('a code host, an application and a staging dump are made');
    server = await startServer(ground, { outlivesInterrupt: true });
    tell.say('the server runs');
    await interrupted.unlessItComes(story(stage(ground, tell), interrupted));
  } catch (error) {
    failure = describeError(error);
    if (server) console.error(readFileSync(server.logPath, 'utf8').split('\n').slice(-30).join('\n'));
  }
  await server?.stop();
  if (ground) await cleanUp(ground);
  const tookMs = performance.now() - began;
  // People may play as long as they like.
  if (!holds() && failure === undefined)
    tell.check('all of it took less than a minute', tookMs < 60_000, `${(tookMs / 1000).toFixed(1)} s`);
  return end(tell, failure);
}

async function story(on: Stage, interrupted: Interruption): Promise<void> {
  const first = await opened(on);
  await used(on);
  await pushed(on, first);
  if (holds()) await waitForPeople(on.url, on.ground.folder, interrupted);
  await closed(on);
}

/** Tells what came of it; answers the exit code. */
function end(tell: Teller, failure: string | undefined): number {
  const { exitCode, lines, json } = outcome(tell, failure);
  for (const line of options.json ? [...lines, json] : lines) console.log(line);
  return exitCode;
}

function waitForPeople(url: string, folder: string, interrupted: Interruption): Promise<void> {
  console.log(
    `\nIt stays up. Open ${url} (on a phone in the same network it needs a real domain).\nEverything is in ${folder}; the settings are its wizard.yml.\nPress Ctrl-C, or Enter, to close the pull request.\n`,
  );
  return interrupted.pressed();
}

/** Whatever the story left, should it have stopped half-way. */
async function cleanUp({ folder, instance }: Playground): Promise<void> {
  for (const line of await processesOf(instance)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  await rm(folder, { recursive: true, force: true }).catch(() =>
    rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  );
}
