import assert from 'node:assert/strict';
import { test } from 'node:test';
import { whyNothingRan, whyPlaybookFailed } from './ansible-failure.ts';

const fatal = (about: object, host = 'h'): string =>
  `fatal: [${host}]: FAILED! => ${JSON.stringify(about).replaceAll('":', '": ')}`;

test('of several tasks that failed the last one that was not ignored is told', () => {
  const lines = ['TASK [one] ***', fatal({ msg: 'first' }), 'TASK [two] ***', fatal({ msg: 'second' }), '...ignoring'];
  assert.equal(whyPlaybookFailed(2, lines)?.note, 'task "one" failed: first');
});

test('handlers, roles and tasks that are delegated are known', () => {
  const lines = ['RUNNING HANDLER [web : restart nginx] ***', fatal({ msg: 'no such unit' }, 'h -> localhost')];
  assert.equal(whyPlaybookFailed(2, lines)?.note, 'task "web : restart nginx" failed: no such unit');
});

test('an answer that is cut off is told as far as it is whole', () => {
  const long = fatal({ changed: false, msg: 'E: Unable to locate "x"\nsecond line', stderr: 'y'.repeat(3000) }).slice(
    0,
    2000,
  );
  assert.equal(
    whyPlaybookFailed(2, ['TASK [apt] *', `${long}…`])?.note,
    'task "apt" failed: E: Unable to locate "x" second line',
  );
});

test('what a playbook hides stays hidden', () => {
  const censored = "the output has been hidden due to the fact that 'no_log: true' was specified for this result";
  assert.match(whyPlaybookFailed(2, ['TASK [set the password] *', fatal({ censored })])?.note ?? '', /has been hidden/);
});

test('status 4 is worth another try only where the machine was not reached', () => {
  const lines = [
    'TASK [Gathering Facts] *',
    'fatal: [h]: UNREACHABLE! => {"changed": false, "msg": "timed out", "unreachable": true}',
  ];
  assert.deepEqual(whyPlaybookFailed(4, lines), {
    note: 'the machine could not be reached at task "Gathering Facts": timed out',
    remedy: 'try-again',
  });
  assert.equal(whyPlaybookFailed(4, ['ERROR! Syntax Error while loading YAML.'])?.remedy, 'change-input');
  assert.equal(whyPlaybookFailed(1, ['something else']), undefined);
});

test('status 0 is believed only where the recap names the machine', () => {
  const target = { host: '10.0.0.5', port: 22, user: 'debian', ssh: '/c', key: '/k', knownHosts: '/h' };
  const about = { group: 'web', target };
  const play = ['PLAY [web] ***', 'TASK [x] ***', 'ok: [10.0.0.5]'];
  assert.equal(whyNothingRan(about, [...play, 'PLAY RECAP ****', '10.0.0.5   : ok=1']), undefined);
  assert.equal(
    whyNothingRan(about, ['PLAY [web] ***', 'skipping: no hosts matched', 'PLAY RECAP ****'])?.remedy,
    'change-input',
  );
  assert.match(whyNothingRan(about, ['PLAY RECAP ****', '10.0.0.50   : ok=1'])?.note ?? '', /for the group web/);
});
