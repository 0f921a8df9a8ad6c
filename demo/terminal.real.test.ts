import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { realPart } from '../testing/real-part.ts';
import { browse, until } from './browse.ts';
import { processesOf } from './left-behind.ts';

const repository = fileURLToPath(new URL('..', import.meta.url));
/** What the terminal sends for the key. */
const ctrlC = '\u0003';

interface OnTerminal {
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  press(key: string): void;
  /** The status. */
  readonly ended: Promise<number | null>;
  instance(): Promise<string>;
  /** Processes of the demo's applications, its servers, and its files. */
  left(instance: string): Promise<string[]>;
}

/** The demo as somebody at a terminal starts it. */
async function onTerminal(context: TestContext, command: string): Promise<OnTerminal> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-demo-test-'));
  const script = spawn('script', ['--quiet', '--return', '--command', `exec ${command}`, '/dev/null'], {
    cwd: repository,
    env: { ...process.env, TMPDIR: folder },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let all = '';
  script.stdout.setEncoding('utf8').on('data', (text: string) => {
    all += text;
  });
  const ended = once(script, 'close').then(([code]): number | null => code);
  // npm keeps compiled code in the same folder.
  const grounds = async (): Promise<string[]> =>
    (await readdir(folder)).filter((name) => name.startsWith('shining-wizard-demo-'));
  const settings = async (): Promise<string> =>
    readFile(join(folder, (await grounds())[0] ?? 'no ground', 'wizard.yml'), 'utf8');
  const left = async (instance: string): Promise<string[]> => [
    ...(await processesOf(instance)),
    ...(await commandsWith(folder)),
    ...(await grounds()),
  ];
  context.after(async () => {
    script.kill();
    // Nothing, unless the test failed.
    const instance = /^instance: (\w+)$/m.exec(await settings().catch(() => ''))?.[1];
    const strays = [...(await commandsWith(folder)), ...(instance === undefined ? [] : await processesOf(instance))];
    for (const pid of new Set(strays.map((line) => Number(line.split(' ')[0])))) process.kill(pid, 'SIGKILL');
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  });
  return {
    ended,
    left,
    instance: async () => /^instance: (\w+)$/m.exec(await settings())?.[1] ?? assert.fail('no instance'),
    press: (key) => void script.stdin.write(key),
    printed: (pattern) =>
      until(`${pattern} on the terminal`, 60_000, async () => pattern.exec(all) ?? undefined).catch((error: Error) => {
        throw new Error(`${error.message}; it shows:\n${all}`);
      }),
  };
}

async function commandsWith(words: string): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const all = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'latin1').catch(() => '')));
  return all
    .map((command, index) => `${pids[index]} ${command.replaceAll('\0', ' ').trim()}`)
    .filter((command) => command.includes(words));
}

const skip = realPart('there is no `script` (util-linux) here', existsSync('/usr/bin/script'));

test('on a terminal the demo stays up until Ctrl-C, then closes the pull request and leaves nothing', {
  skip,
  timeout: 120_000,
}, async (context) => {
  const demo = await onTerminal(context, 'npm run --silent demo');
  const [, port] = await demo.printed(/It stays up\. Open http:\/\/app-shop-1\.localhost:(\d+)\//);
  const instance = await demo.instance();
  assert.equal((await browse({ port: Number(port), host: 'app-shop-1.localhost' })).status, 200);
  demo.press(ctrlC);
  await demo.printed(/All \d+ claims hold\./);
  // npm ends with 130 after Ctrl-C, whatever the demo ended with.
  await demo.ended;
  assert.deepEqual(await demo.left(instance), []);
});

test('Ctrl-C in the middle of the story takes away what was made', { skip, timeout: 120_000 }, async (context) => {
  const demo = await onTerminal(context, 'node demo/main.ts');
  await demo.printed(/it runs exactly the head commit/);
  const instance = await demo.instance();
  assert.notDeepEqual(await processesOf(instance), []);
  demo.press(ctrlC);
  await demo.printed(/The demo stopped: it was interrupted/);
  assert.equal(await demo.ended, 1);
  assert.deepEqual(await demo.left(instance), []);
});
