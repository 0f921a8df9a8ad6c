import { readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { describeError } from '../src/domain/wizard-error.ts';
import { teller } from './claims.ts';
import { processesOf } from './left-behind.ts';
import { type Playground, playground } from './playground.ts';
import { type ServerProcess, startServer } from './server-process.ts';
import { closed, opened, pushed, stage, used } from './story.ts';

const { values: options } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    hold: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (options.help) {
  console.log(
    'npm run demo -- [--once] [--hold] [--json]\n  --once  run through and exit (the default without a terminal)\n  --hold  stay up before closing, for you to play (the default on a terminal)\n  --json  one JSON object as the last line',
  );
} else {
  process.exitCode = await demo();
}

/** 0 when every claim was seen to hold. */
async function demo(): Promise<number> {
  const hold = options.hold || (!options.once && process.stdout.isTTY === true);
  const tell = teller((line) => console.log(line));
  let ground: Playground | undefined;
  let server: ServerProcess | undefined;
  let failure: string | undefined;
  try {
    ground = await playground();
    tell.say('a code host, an application and a staging dump are made');
    server = await startServer(ground);
    tell.say('the server runs');
    const on = stage(ground, tell);
    const first = await opened(on);
    await used(on);
    await pushed(on, first);
    if (hold) await holdOn(on.url, ground);
    await closed(on);
  } catch (error) {
    failure = describeError(error);
    if (server) console.error(readFileSync(server.logPath, 'utf8').split('\n').slice(-30).join('\n'));
  }
  await server?.stop();
  if (ground) await cleanUp(ground);
  const wrong = tell.claims.filter(({ holds }) => !holds);
  const ok = failure === undefined && wrong.length === 0 && tell.claims.length > 0;
  if (failure !== undefined) console.log(`The demo stopped: ${failure}`);
  for (const { claim, seen } of wrong) console.log(`Not true: ${claim} (${seen})`);
  if (ok) console.log(`All ${tell.claims.length} claims hold.`);
  if (options.json)
    console.log(JSON.stringify({ ok, failure: failure ?? null, claims: tell.claims, timeline: tell.timeline }));
  return ok ? 0 : 1;
}

function holdOn(url: string, { folder, configPath }: Playground): Promise<void> {
  console.log(
    `\nIt stays up. Open ${url} (on a phone in the same network it needs a real domain).\nEverything is in ${folder}; the settings are ${configPath}.\nPress Ctrl-C, or Enter, to close the pull request.\n`,
  );
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve());
    process.stdin.once('data', () => {
      process.stdin.pause();
      resolve();
    });
  });
}

/** Whatever the story left, should it have stopped half-way. */
async function cleanUp({ folder, instance }: Playground): Promise<void> {
  for (const line of await processesOf(instance)) process.kill(Number(line.split(' ')[0]), 'SIGKILL');
  await rm(folder, { recursive: true, force: true }).catch(() =>
    rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  );
}
