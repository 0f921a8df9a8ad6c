import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from './browse.ts';
import type { Claim } from './claims.ts';
import { processesOf } from './left-behind.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

test('the demo says what is not true, ends with 1, and takes that away too', { timeout: 60_000 }, async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-demo-test-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const demo = spawn(process.execPath, [main, '--once', '--json'], { env: { ...process.env, TMPDIR: folder } });
  context.after(() => demo.kill());
  const printed = text(demo.stdout);
  const instance = await until('the settings of the demo', 20_000, async () => {
    const [ground = ''] = (await readdir(folder)).filter((name) => name.startsWith('shining-wizard-demo-'));
    const settings = await readFile(join(folder, ground, 'wizard.yml'), 'utf8').catch(() => '');
    return /^instance: (\w+)$/m.exec(settings)?.[1];
  });
  // Somebody's process that bears the mark of this server, and that the server cannot know to be one of its own.
  const stranger = spawn('sleep', ['100'], { env: { ...process.env, WIZARD_INSTANCE: instance } });
  context.after(() => stranger.kill('SIGKILL'));
  const [[code], [, signal]] = await Promise.all([once(demo, 'close'), once(stranger, 'close')]);
  const lines = (await printed).trim().split('\n');
  assert.equal(code, 1);
  assert.deepEqual(
    lines.filter((line) => line.startsWith('Not true: ')),
    [`Not true: no process is left (${stranger.pid} sleep 100)`],
  );
  const said: { ok: boolean; failure: unknown; claims: Claim[] } = JSON.parse(lines.at(-1) ?? '');
  assert.deepEqual([said.ok, said.failure], [false, null]);
  assert.deepEqual(
    said.claims.filter(({ holds }) => !holds).map(({ claim }) => claim),
    ['no process is left'],
  );
  assert.equal(signal, 'SIGKILL');
  assert.deepEqual([await processesOf(instance), await readdir(folder)], [[], []]);
});
