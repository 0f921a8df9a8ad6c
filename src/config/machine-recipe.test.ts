import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load-config.ts';

const wizardYml = `
api-token: secret
code-hosts:
  local: { kind: repository-folder, path: ./repositories, webhook-secret: secret }
secrets: { DB: word }
domain: preview.example.com
data-sources:
  staging:
    mysql: { host: staging.example.com, user: reader, password: hidden-word, database: app }
    bake: { image: registry.example.com/staging, server: "mysql:5.6" }
  pictures: { directory: ./pictures }
machines:
  preview:
    kind: ec2
    region: ap-northeast-1
    image: ami-0123456789abcdef0
    types: [m5.large, m4.large]
    key-name: wizard
    user: admin
    ssh-key: PRIVATE
dns: { kind: route53, zone: example.com, zone-id: Z0123 }
repositories:
  - name: acme/shop
    recipe:
`;
const recipe = `      machine: preview
      memory-disk: 4GB
      services:
        mysql: { image: "mysql:5.6", env: { MYSQL_ROOT_PASSWORD: { secret: DB } }, data: staging }
        redis: redis:3.2
      configure: { ansible: { repository: acme/ansible, playbook: site.yml } }
      deploy: { capistrano: { revision-file: /var/www/app/current/REVISION } }
      endpoints: { api: 80, app: 80 }
`;
const parsed = (text = recipe, yml = wizardYml) => {
  const config = parseConfig(yml + text, '/nowhere/wizard.yml', {});
  const made = config.repositories[0]?.recipe;
  assert.ok(made?.from === 'operator' && made.recipe.target === 'machine');
  return { config, recipe: made.recipe };
};
const mistakes = (text: string, yml?: string): string[] => {
  try {
    parsed(text, yml);
    return [];
  } catch (error) {
    assert.ok(error instanceof Error);
    return error.message.split('\n').filter((line) => /^wizard\.yml:|^ *wizard\.yml:/.test(line));
  }
};

test('a dump in S3 is fetched by a URL that is signed when it is sent, and may be baked', () => {
  const from = 's3: { bucket: dumps, key: staging.sql.gz, region: ap-northeast-1 }';
  const s3 = wizardYml
    .replace(/mysql: \{ host.*/, from)
    .replace('server: "mysql:5.6" }', 'server: "mysql:5.6", database: app }');
  const { recipe: made } = parsed(recipe, s3);
  const place = 'ap-northeast-1 dumps staging.sql.gz';
  assert.deepEqual(made.services['mysql']?.data, { source: 'staging', from: { by: 's3', source: 'staging', place } });
  const baked = recipe.replace('data: staging', 'data: { source: staging, baked: true }');
  assert.equal(parsed(baked, s3).recipe.services['mysql']?.data?.from.by, 'baked');
  const nameless = mistakes(recipe, s3.replace(', database: app }', ' }'));
  assert.match(nameless.join(), /needs database: a dump that is fetched does not say what to call it/);
});

test('a recipe with a machine names all that the plan needs', () => {
  const { config, recipe: made } = parsed();
  assert.equal(made.memoryDiskMb, 4096);
  assert.deepEqual(made.machine.spec['types'], ['m5.large', 'm4.large']);
  assert.equal(made.services['redis']?.port, 6379);
  assert.deepEqual(made.configure?.repository, { name: 'acme/ansible', branch: 'main' });
  assert.equal(made.deploy.by === 'capistrano' && made.deploy.told, 'environment');
  assert.deepEqual(config.publicUrl, { scheme: 'http', port: undefined });
});

test('all that an entry under machines says reaches the machine, but for its secrets', () => {
  const more = `
    subnet: subnet-0123456789abcdef0
    security-groups: [sg-0123456789abcdef0, sg-0123456789abcdef1]
    profile: previews
    spot: true
    disk-gb: 40
    address: private
    tags: { team: web }
    ssh-port: 2222
    boot-limit: 90s
    host-key-wait: 7s
    access-key: { id: AKIAEXAMPLE, secret: hidden-word }
    key-name: wizard`;
  const { recipe: made } = parsed(recipe, wizardYml.replace('\n    key-name: wizard', more));
  assert.deepEqual(made.machine, {
    name: 'preview',
    kind: 'ec2',
    spec: {
      region: 'ap-northeast-1',
      image: 'ami-0123456789abcdef0',
      types: ['m5.large', 'm4.large'],
      subnet: 'subnet-0123456789abcdef0',
      securityGroups: ['sg-0123456789abcdef0', 'sg-0123456789abcdef1'],
      keyName: 'wizard',
      profile: 'previews',
      spot: true,
      diskGb: 40,
      address: 'private',
      tags: { team: 'web' },
      sshPort: 2222,
    },
    user: 'admin',
    port: 2222,
    bootLimitMs: 90_000,
    hostKeyWaitMs: 7_000,
  });
});

test('what a data source is opened with has a name that no recipe can write', () => {
  const { config, recipe: made } = parsed();
  const { data } = made.services['mysql'] ?? {};
  assert.ok(data?.from.by === 'mysqldump');
  assert.deepEqual(data.from.password, { secret: 'data-sources.staging.password' });
  assert.equal(config.secrets['data-sources.staging.password']?.reveal(), 'hidden-word');
  assert.ok(!JSON.stringify(made).includes('hidden-word'));
  const stolen = recipe.replace('{ secret: DB }', '{ secret: data-sources.staging.password }');
  assert.match(mistakes(stolen).join(), /unknown secret "data-sources.staging.password"/);
});

test('a baked image is pulled instead of loading a dump', () => {
  const { recipe: made } = parsed(recipe.replace('data: staging', 'data: { source: staging, baked: true }'));
  assert.deepEqual(made.services['mysql']?.data?.from, { by: 'baked', repository: 'registry.example.com/staging' });
});

test('where machines reach the registry under another name, that is what they pull', () => {
  const image = 'image: registry.example.com/staging,';
  const yml = wizardYml.replace(image, `${image} pulled-as: "mirror.internal:5000/staging",`);
  const { recipe: made } = parsed(recipe.replace('data: staging', 'data: { source: staging, baked: true }'), yml);
  const from = made.services['mysql']?.data?.from;
  assert.deepEqual(from, { by: 'baked', repository: 'mirror.internal:5000/staging' });
});

const onBaked = (database: string): string =>
  recipe
    .replace('env: {', `env: { MYSQL_DATABASE: ${database},`)
    .replace('staging }', '{ source: staging, baked: true } }');

test('a service on a baked image is told of the database that is in it', () => {
  assert.deepEqual(mistakes(onBaked('app')), []);
  assert.match(mistakes(onBaked('shop')).join(), /"staging" is baked with the database app; expected that, got shop/);
  assert.deepEqual(mistakes(recipe.replace('env: {', 'env: { MYSQL_DATABASE: shop,')), []);
});

for (const [because, setting, says] of [
  ['six fields', 'schedule: "0 0 4 * * *"', /schedule: expected five fields as in crontab/],
  ['an hour that no day has', 'schedule: "0 25 * * *"', /schedule: expected five fields as in crontab/],
  ['a zone that is nowhere', 'schedule: "@daily", time-zone: Mars/Crater', /time-zone: expected a time zone/],
] as const) {
  test(`a schedule that cannot be kept is a mistake with its place: ${because}`, () => {
    for (const [place, by] of [
      ['server: "mysql:5.6" }', `server: "mysql:5.6", ${setting} }`],
      ['\n  pictures:', `\n    golden: { engine: mysql, ${setting} }\n  pictures:`],
    ] as const) {
      const told = mistakes(recipe.replace(', data: staging', ''), wizardYml.replace(place, by));
      assert.equal(told.length, 1, told.join('\n'));
      assert.match(told[0] ?? '', says);
    }
  });
}

const wrong: [string, string, string, RegExp][] = [
  ['a machine that is not there', 'machine: preview', 'machine: prevew', /unknown machine "prevew".*preview/],
  [
    'a source that only processes can copy',
    'data: staging',
    'data: pictures',
    /"pictures" cannot be loaded by a machine/,
  ],
  ['an image whose port nobody knows', 'redis: redis:3.2', 'redis: acme/thing:1', /needs port/],
  [
    'two services at one port',
    'redis: redis:3.2',
    'redis: valkey:8\n        other: redis:3.2',
    /port 6379 is that of redis already/,
  ],
  ['a port that people would not open', 'api: 80', 'api: 8080', /expected 80, got 8080/],
  ['a misspelt key', 'memory-disk', 'memory-disc', /unknown setting.*memory-disk/],
  ['no deploy', 'deploy: { capistrano: { revision-file: /var/www/app/current/REVISION } }', '', /deploy: missing/],
  [
    'a time longer than allowed',
    'playbook: site.yml',
    'playbook: site.yml, time-limit: 2h',
    /longer than limits.longest-time/,
  ],
];
for (const [because, replace, by, says] of wrong) {
  test(`a mistake in a machine's recipe is told with its place: ${because}`, () => {
    const told = mistakes(recipe.replace(replace, by));
    assert.equal(told.length, 1, told.join('\n'));
    assert.match(told[0] ?? '', says);
  });
}
