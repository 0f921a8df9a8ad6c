import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';

const run = promisify(execFile);
const noSessions = !existsSync('/proc/self/autogroup') && 'the kernel does not share the processor by session here';
const noRoot = process.getuid?.() !== 0 && 'becoming another user needs root';

/** Started by root, it goes on as a user without rights, as the server is: the kernel takes such a word from it ten times a second at most. */
const asOther = `
  import { spawn } from 'node:child_process';
  import { readFileSync } from 'node:fs';
  import { setTimeout } from 'node:timers/promises';
  import { standSessionBack } from '${new URL('./stand-session-back.ts', import.meta.url).href}';
  process.setgid(65534);
  process.setuid(65534);
  const steps = Array.from({ length: 4 }, () => spawn('/bin/sleep', ['30'], { cwd: '/', detached: true, stdio: 'ignore' }));
  for (const step of steps) standSessionBack(step);
  const standsBack = ({ pid }) => / nice 10$/m.test(readFileSync('/proc/' + pid + '/autogroup', 'utf8'));
  for (let looks = 0; looks < 500 && !steps.every(standsBack); looks += 1) await setTimeout(10);
  console.log(steps.filter(standsBack).length);
  for (const step of steps) step.kill();
`;

test('all that begin at once stand back, also when the kernel does not take it at once', {
  skip: noSessions || noRoot,
}, async () => {
  const { stdout } = await run(process.execPath, ['--input-type=module', '-e', asOther], { timeout: 60_000 });
  assert.equal(stdout, '4\n');
});
