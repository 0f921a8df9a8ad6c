// biome-ignore-all lint/suspicious/noTemplateCurlyInString: places in recipes are written like this
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ProcessesRecipe } from '../domain/recipe.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { parseRecipe as parseAny } from './parse-recipe.ts';
import type { RecipeContext } from './recipe-context.ts';

function parseRecipe(...asked: Parameters<typeof parseAny>): ProcessesRecipe {
  const recipe = parseAny(...asked);
  assert.ok(recipe.target === 'processes');
  return recipe;
}

const context: RecipeContext = {
  from: 'head',
  secrets: ['MAPS_KEY'],
  data: [],
  machines: {},
  dumps: {},
  databases: {},
  hostName: '{endpoint}-{repository}-{number}.{domain}',
  limits: { stepTimeMs: 600_000, startTimeMs: 120_000, longestTimeMs: 3_600_000, stopGraceMs: 10_000 },
};

function mistakesIn(text: string): string[] {
  try {
    parseRecipe(text, '.wizard.yml', context);
  } catch (error) {
    assert.ok(error instanceof WizardError, String(error));
    assert.equal(error.remedy, 'change-input', 'only a new commit can mend it');
    return error.message.split('\n').filter((line) => line.startsWith('.wizard.yml:'));
  }
  return [];
}

test('the shortest recipe is one process, which people open as app', () => {
  assert.deepEqual(parseRecipe('processes: { web: npm start }', '.wizard.yml', context), {
    target: 'processes',
    build: [],
    release: [],
    services: {},
    processes: {
      web: {
        run: ['sh', '-euc', 'npm start'],
        env: {},
        health: { by: 'tcp' },
        timeLimitMs: 120_000,
        stopGraceMs: 10_000,
      },
    },
    endpoints: { app: { process: 'web' } },
    env: {},
  });
});

test('a process that no endpoint leads to is healthy as long as it runs', () => {
  const recipe = parseRecipe('processes: { web: a, jobs: b }\nendpoints: { app: web }', '.wizard.yml', context);
  assert.deepEqual(recipe.processes['jobs']?.health, { by: 'running' });
});

test('every way to say healthy', () => {
  const healthOf = (written: string) =>
    parseRecipe(`processes: { web: { run: a, health: ${written} } }`, '.wizard.yml', context).processes['web']?.health;
  assert.deepEqual(healthOf('/up'), { by: 'http', path: '/up', status: 200 });
  assert.deepEqual(healthOf('{ http: /up, status: 204, revision-header: X-Commit }'), {
    by: 'http',
    path: '/up',
    status: 204,
    revisionHeader: 'X-Commit',
  });
  assert.deepEqual(healthOf('{ tcp: true }'), { by: 'tcp' });
  assert.deepEqual(healthOf('{ log: ready }'), { by: 'log', contains: 'ready' });
  assert.deepEqual(healthOf('{ running: true }'), { by: 'running' });
});

test('steps get names from their commands that stay when other steps come and go', () => {
  const names = (build: string) =>
    parseRecipe(`build: ${build}\nprocesses: { web: a }`, '.wizard.yml', context).build.map(({ name }) => name);
  assert.deepEqual(names('[npm ci, npm run build, npm ci]'), ['npm-ci', 'npm-run', 'npm-ci-2']);
  assert.deepEqual(names('[npm run build]'), ['npm-run']);
  assert.deepEqual(names('[[node, --version], "日本", { name: npm-ci, run: a }, npm ci]'), [
    'node-version',
    'step-2',
    'npm-ci',
    'npm-ci-2',
  ]);
});

test('a long command gives a short name', () => {
  const { build } = parseRecipe(
    'build: ["echo building; sleep 1; echo done", "extraordinarily-long-program --fast"]\nprocesses: { web: a }',
    '.wizard.yml',
    context,
  );
  assert.deepEqual(
    build.map(({ name }) => name),
    ['echo-building', 'extraordinarily-long'],
  );
});

test('a list is run as it stands and text by a shell that stops at the first failure', () => {
  const { build } = parseRecipe('build: [[echo, "$(id)"], "a; b"]\nprocesses: { web: a }', '.wizard.yml', context);
  assert.deepEqual(
    build.map(({ run }) => run),
    [
      ['echo', '$(id)'],
      ['sh', '-euc', 'a; b'],
    ],
  );
});

test('numbers and truths in env are text', () => {
  const { env } = parseRecipe('processes: { web: a }\nenv: { A: 3, B: true, C: "x${number}" }', '.wizard.yml', context);
  assert.deepEqual(env, { A: '3', B: 'true', C: 'x${number}' });
});

test('sizes are whole megabytes', () => {
  const memory = (size: string) =>
    parseRecipe(`processes: { web: { run: a, memory: ${size} } }`, '.wizard.yml', context).processes['web']?.memoryMb;
  assert.deepEqual([memory('256MB'), memory('2GB'), memory('1KB')], [256, 2048, 1]);
  const [step] = parseRecipe('build: [{ run: a, memory: 2GB }]\nprocesses: { web: b }\n', '.wizard.yml', context).build;
  assert.equal(step?.memoryMb, 2048);
});

test('a recipe from the pull request uses what the operator granted', () => {
  const recipe = parseRecipe('processes: { web: a }\nenv: { KEY: { secret: MAPS_KEY } }', '.wizard.yml', context);
  assert.deepEqual(recipe.env, { KEY: { secret: 'MAPS_KEY' } });
});

test('a recipe from the pull request gets no power that was not granted, and learns no names', () => {
  const text = 'data: staging\nprocesses:\n  web:\n    run: a\n    env:\n      KEY: { secret: MAPS_KEX }\n';
  assert.deepEqual(mistakesIn(text), [
    '.wizard.yml:1:7: data: the data source "staging" is not granted to recipes of this repository; only the operator can grant it, with allow.data in wizard.yml',
    '.wizard.yml:6:22: processes.web.env.KEY.secret: the secret "MAPS_KEX" is not granted to recipes of this repository; only the operator can grant it, with allow.secrets in wizard.yml',
  ]);
});

test('an env value that looks like a place of wizard.yml reads nothing of the server', () => {
  assert.match(
    mistakesIn('processes: { web: a }\nenv: { A: "${env:HOME}", B: "${file:/etc/passwd}" }').join('\n'),
    /unknown place.*\n.*unknown place/,
  );
});

test('what may not be reused or kept: anything outside the checkout, or its .git', () => {
  for (const path of ['../x', '/etc', 'a/../../b', '.git/hooks', '-x', 'a\u0000b', '..']) {
    const text = `build: [{ run: a, reuse: { files: [${JSON.stringify(path)}], keep: [b] } }]\nprocesses: { web: a }`;
    assert.deepEqual(mistakesIn(text).length, 1, path);
  }
});

test('a time limit beyond what the operator allows is refused', () => {
  assert.deepEqual(mistakesIn('processes: { web: { run: a, time-limit: 2h } }'), [
    '.wizard.yml:1:41: processes.web.time-limit: longer than limits.longest-time in wizard.yml (3600 s)',
  ]);
});

test('a mistake of value hides none of those between the parts', () => {
  const text = [
    'data: stagin',
    'build:',
    '  - { run: 5 }',
    '  - { run: a, time-limit: 2h, env: { PORT: 1 } }',
    'processes:',
    '  web: { run: a, memory: 12XB, time-limit: 2h }',
    '  jobs: { env: { PORT: 1, KEY: { secret: NONE } } }',
    'endpoints: { app: wbe }',
    'env: { A: "${urll.app}" }',
  ];
  const found = mistakesIn(text.join('\n')).map((line) => /^\.wizard\.yml:[0-9]+:[0-9]+: ([^:]+):/.exec(line)?.[1]);
  assert.deepEqual(found, [
    'data',
    'build[0].run',
    'build[1].time-limit',
    'build[1].env.PORT',
    'processes.web.memory',
    'processes.web.time-limit',
    'processes.jobs.run',
    'processes.jobs.env.PORT',
    'processes.jobs.env.KEY.secret',
    'endpoints.app',
    'env.A',
  ]);
});

test('nothing that only follows from another mistake is told', () => {
  const alone = [
    ['processes: { web: 5 }\nendpoints: { app: web }\nenv: { A: "${url.app}" }', 'processes.web'],
    ['processes: { web: a, jobs: b }\nendpoints: { app: 5 }\nenv: { A: "${url.app}" }', 'endpoints.app'],
    ['processes: { web: a, jobs: b }\nendpoint: { app: web }', 'endpoint'],
    ['processes: { web: a }\nenv: { KEY: { secret: 5 } }', 'env.KEY.secret'],
    ['processes: { web: a }\nservices: { db: { mariadb: x y } }\nenv: { A: "${db.url}" }', 'services.db.mariadb'],
    ['processes: { web: a }\ndata: 5\nenv: { A: "${data}" }', 'data'],
    ['machine: 5\ndeploy: { shell: { run: a } }', 'machine'],
    [
      'machine: 5\ndeploy: { shell: { run: a } }\nservices: { db: { image: " ", env: {} } }',
      'machine',
      'services.db.image',
    ],
  ] as const;
  for (const [text, ...paths] of alone) {
    const found = mistakesIn(text).map((line) => /^\.wizard\.yml:[0-9]+:[0-9]+: ([^:]+):/.exec(line)?.[1]);
    assert.deepEqual(found, paths, text);
  }
});

test('hostile files are mistakes, never a hang or a crash', () => {
  const bomb = [
    'a: &a [x,x,x,x,x,x,x,x,x]',
    ...'bcdefghi'.split('').map((name, index) => `${name}: &${name} [${`*${'abcdefgh'[index]},`.repeat(9)}]`),
  ].join('\n');
  const hostile = [
    bomb,
    '__proto__: { processes: { web: a } }',
    'processes: { __proto__: a }',
    'processes: { constructor: a, toString: b }\nendpoints: { app: valueOf }',
    'processes: &p { web: *p }',
    '? [a, b]\n: c',
    '!!js/function "x"',
    `processes: { "${'a'.repeat(5000)}": b }`,
    '"\u001b[31mred": 1',
    '%YAML 9.9\n---\n- a',
    'a\u0000b',
    '['.repeat(60_000),
    '{a: '.repeat(15_000),
    'processes: { web: { run: [] } }',
    'processes: { web: { run: "a\\0b" } }',
    'processes: null',
    '--- a\n--- b',
  ];
  for (const text of hostile) {
    const mistakes = mistakesIn(text);
    assert.ok(mistakes.length > 0, text.slice(0, 60));
    assert.doesNotMatch(mistakes.join('\n'), /\p{Cc}(?<!\n)/u, 'nothing that a terminal would obey');
    assert.ok(mistakes.every((line) => line.length < 2000));
  }
  assert.throws(() => parseRecipe('#'.repeat(70_000), '.wizard.yml', context), { code: 'config/recipe-too-long' });
});

test('names of JavaScript are names like any other', () => {
  const recipe = parseRecipe('processes: { constructor: a }', '.wizard.yml', context);
  assert.deepEqual(Object.keys(recipe.processes), ['constructor']);
});
