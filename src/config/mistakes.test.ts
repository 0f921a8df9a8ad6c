import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cases, right } from '../../testing/config-mistakes.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { parseConfig } from './load-config.ts';

/** Every mistake line of the error, without the lines that quote the file. */
function mistakesIn(text: string): string[] {
  try {
    parseConfig(text, '/nowhere/wizard.yml', { TOKEN: 'hidden', EMPTY: '' });
  } catch (error) {
    assert.ok(error instanceof WizardError);
    assert.equal(error.code, 'config/invalid');
    assert.equal(error.remedy, 'fix-setup');
    assert.doesNotMatch(error.message, /hidden/);
    return error.message.split('\n').filter((line) => line.startsWith('wizard.yml:'));
  }
  return [];
}

test('the file that the cases spoil is right', () => assert.deepEqual(mistakesIn(right), []));

for (const { because, replace, by, says } of cases) {
  test(`a mistake is told with its place: ${because}`, () => {
    assert.ok(right.includes(replace), 'the case spoils something');
    assert.deepEqual(mistakesIn(right.replace(replace, () => by)), says);
  });
}

test('every mistake is told at once, in the order of the file, with its line and a caret', () => {
  const text = right.replace('drafts: build', 'drafts: yes').replace('app: web', 'app: wbe').replace('10m', 'soon');
  assert.throws(() => parseConfig(text, '/nowhere/wizard.yml', { TOKEN: 'hidden' }), {
    message: [
      'reading wizard.yml: 3 mistakes',
      'wizard.yml:11:15: repositories[0].policy.drafts: expected "build" or "ignore", got "yes"',
      '   11 |       drafts: yes',
      '      |               ^',
      'wizard.yml:19:14: repositories[0].recipe.endpoints.app: unknown process "wbe"; did you mean "web"?',
      '   19 |         app: wbe',
      '      |              ^',
      'wizard.yml:23:14: limits.step-time: expected a length of time such as 10m, 30s or 500ms, got "soon"',
      '   23 |   step-time: soon',
      '      |              ^',
    ].join('\n'),
  });
});

test('a mistake of value in a recipe or beside it hides none between the parts, and brings none', () => {
  const text = right
    .replace('web: node server.js', 'web: { run: node server.js, memory: 12XB, time-limit: 2h }')
    .replace('app: web', 'app: wbe')
    .replace('secret: MAPS_KEY', 'secret: NONE')
    .replace('directory: d', 'directory: 5')
    .replace('10m', 'soon\n  longest-time: 90m');
  assert.deepEqual(
    mistakesIn(text).map((line) => line.split(': ')[1]),
    [
      'data-sources.staging.directory',
      'repositories[0].recipe.processes.web.memory',
      'repositories[0].recipe.processes.web.time-limit',
      'repositories[0].recipe.endpoints.app',
      'repositories[0].recipe.env.KEY.secret',
      'limits.step-time',
    ],
  );
  const unreadable = right.replace('web: node server.js', 'web: { run: a, time-limit: 2h }');
  assert.deepEqual(mistakesIn(`${unreadable}  longest-time: soon\n`).length, 1);
  assert.deepEqual(
    mistakesIn(
      right
        .replace('data: staging', 'services: { db: { mariadb: true, data: staging } }')
        .replace('directory: d', 'dump: d, golden: { mariadb: 1.x }'),
    ).filter((line) => line.includes('repositories')),
    [],
  );
});

test('an unknown driver is told wherever one is chosen, with those there are', () => {
  const chosen = [
    [
      'announcers: [{ kind: slak }]',
      '25:22: announcers[0].kind: expected "slack", "pull-request" or "log", got "slak"',
    ],
    ['machines: { a: { kind: ec3 } }', '25:24: machines.a.kind: expected "ec2" or "ssh", got "ec3"'],
    ['dns: { kind: bind, zone: localhost }', '25:14: dns.kind: expected "route53" or "rfc2136", got "bind"'],
  ] as const;
  for (const [line, says] of chosen) assert.deepEqual(mistakesIn(`${right}\n${line}\n`), [`wizard.yml:${says}`]);
});

test('an empty file, a list and half a file are told apart from settings', () => {
  assert.deepEqual(mistakesIn(''), ['wizard.yml:1:1: expected settings, got nothing']);
  assert.deepEqual(mistakesIn('- a'), ['wizard.yml:1:1: expected settings, got a list']);
  assert.match(mistakesIn('a: [b')[0] ?? '', /^wizard\.yml:1:6: this is not YAML: /);
});

test('a secret that stands in the file itself never shows, whatever is wrong around it', () => {
  const spoilt = [
    'api-token: [hidden]',
    'api-token: {a: hidden}',
    'api-token: "hidden',
    'code-hosts: { a: { kind: github, token: hidden, tokn: hidden } }',
    'secrets:\n  KEY: |\n    hidden\n   hidden\n',
    'secrets:\n  KEY:\n    - hidden\n    - hidden',
    'secrets: { KEY: [hidden] }',
    'announcers:\n  - kind: slack\n    webhook-url: [hidden, {}',
    'database: hidden: hidden',
    'api-token: "x\nhidden"\n',
    'secrets:\n  KEY: "x\nhidden',
    'code-hosts:\n  a:\n    private-key: |\n      x\n   hidden\n',
    'api-token: hidden\n\thidden: a',
  ];
  for (const text of spoilt) assert.notEqual(mistakesIn(text).length, 0, text);
});
