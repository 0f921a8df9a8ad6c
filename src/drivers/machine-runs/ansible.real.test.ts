import assert from 'node:assert/strict';
import { access, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { aCall, aClaim, aSha } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { noSshd } from '../../../testing/loopback-sshd.ts';
import { killedServer, openedMachineRuns } from '../../../testing/machine-run-world.ts';
import { realPart } from '../../../testing/real-part.ts';
import type { JsonObject } from '../../domain/json.ts';
import { runCommand } from '../../kit/run-command.ts';
import { ansibleDriver } from './ansible.ts';
import { findProgram } from './find-program.ts';

const claim = aClaim({ role: 'configure' });
const there = (await findProgram('ansible-playbook')) !== undefined;
const skip = noSshd || realPart('ansible-playbook is not installed', there);

async function opened(t: TestContext, tasks: string) {
  const at = await openedMachineRuns(t, ansibleDriver);
  const { world } = at;
  const playbook = `- hosts: web\n  gather_facts: false\n  tasks:\n${tasks.replaceAll(/^/gm, '    ')}\n`;
  await writeFile(join(world.checkout, 'site.yml'), playbook);
  const spec = (over: JsonObject = {}): JsonObject => ({
    directory: world.checkout,
    target: world.target,
    playbook: 'site.yml',
    group: 'web',
    variables: { there: world.there },
    revision: aSha(1),
    timeLimitMs: 60_000,
    env: {},
    ...over,
  });
  return { ...at, spec };
}

const writes = `
- name: write what we were told
  copy:
    content: "{{ told }}"
    dest: "{{ there }}/told"`;

test('a playbook is run on the machine with variables of any content, and its output is live', { skip }, async (t) => {
  const { world, run, driver, spec, logOf } = await opened(t, writes);
  const told = `'; touch "${world.there}/hostile" #\n"\\ é 𝕬 \${HOME} $(id) %h`;
  const seen = await run(claim, spec({ variables: { there: world.there, told } }));
  assert.deepEqual(seen, { is: 'ready', facts: {}, drift: [] }, JSON.stringify(seen));
  assert.equal(await readFile(join(world.there, 'told'), 'utf8'), told);
  await assert.rejects(access(join(world.there, 'hostile')));
  const log = await logOf(claim);
  assert.match(log, /TASK \[write what we were told\]/);
  assert.ok(!log.includes('\u001b['), 'no colours');
  const again = await driver().observe(claim, spec({ variables: { told: 'other' } }), aCall());
  assert.ok(again.is === 'ready' && again.drift[0]?.field === 'variables');
  assert.deepEqual(await world.processesOf(), []);
  // A connection that Ansible shares lives on for a minute, without the mark of its run.
  const connections = async (): Promise<string[]> =>
    (await runCommand(['ps', '-eo', 'args'], { timeLimitMs: 10_000 })).stdout
      .split('\n')
      .filter((line) => line.includes(`${world.dataDir}/`) && line.includes('[mux]'));
  assert.equal((await connections()).length, 1);
  await driver().destroy(claim, aCall());
  await settleInRealTime(10_000)(async () => (await connections()).length === 0);
});

test('a task that fails is told by its name and message', { skip }, async (t) => {
  const tasks = `
- name: a check that may fail
  command: "false"
  ignore_errors: true
- name: make the folder of the application
  command: sh -c 'echo some lines; echo no space for it >&2; exit 3'
- name: never reached
  command: "true"`;
  const { run, spec } = await opened(t, tasks);
  const broken = await run(claim, spec());
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'task "make the folder of the application" failed: non-zero return code: no space for it');
  assert.equal(broken.remedy, 'change-input');
  assert.match(broken.hint ?? '', /^Mend the playbook/);
  assert.ok(broken.lastLines?.some((line) => line.startsWith('PLAY RECAP')));
});

test('of a task over a list the item that failed is told', { skip }, async (t) => {
  const tasks = `
- name: install what is needed
  command: sh -c 'test {{ item }} != two || { echo cannot find two >&2; exit 1; }'
  loop: [one, two, three]`;
  const { run, spec } = await opened(t, tasks);
  const broken = await run(claim, spec());
  assert.ok(broken.is === 'broken');
  assert.equal(broken.note, 'task "install what is needed" failed: non-zero return code: cannot find two');
});

test('a mistake in the playbook is the author’s', { skip }, async (t) => {
  const { run, spec } = await opened(t, '- name: x\n  no_such_module:\n    a: 1');
  const broken = await run(claim, spec());
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^ansible-playbook could not begin: couldn't resolve module\/action 'no_such_module'/);
  assert.equal(broken.remedy, 'change-input');
});

test('a playbook that has nothing for the group is no success', { skip }, async (t) => {
  const { run, spec } = await opened(t, writes);
  const broken = await run(claim, spec({ group: 'database' }));
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^no play of the playbook was for the group database/);
});

test('a machine that cannot be reached is worth another try', { skip }, async (t) => {
  const { world, run, spec } = await opened(t, '- name: say hello\n  command: echo hello');
  await world.sshd.stop();
  const broken = await run(claim, spec());
  assert.ok(broken.is === 'broken');
  assert.match(broken.note, /^the machine could not be reached at task "say hello": \S/);
  assert.equal(broken.remedy, 'try-again');
});

test('a playbook that runs when its server is killed goes on, once', { skip }, async (t) => {
  const tasks = `
- name: count
  shell: echo x >> {{ there }}/count
- name: take a while
  command: sleep 2
- name: count again
  shell: echo y >> {{ there }}/count`;
  const { world, reopen, spec, until } = await opened(t, tasks);
  const count = join(world.there, 'count');
  const begun = async (): Promise<boolean> => (await readFile(count, 'utf8').catch(() => '')) === 'x\n';
  await killedServer(world, { module: 'ansible', driver: 'ansibleDriver', claim, spec: spec(), begun });
  reopen();
  assert.equal((await until(claim, spec(), ['ready', 'broken'])).is, 'ready');
  assert.equal(await readFile(count, 'utf8'), 'x\ny\n');
});
