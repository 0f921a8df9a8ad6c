import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './load-config.ts';

const wizardYml = (recipe: string, golden = 'golden: { engine: mariadb }'): string => `
api-token: secret
code-hosts:
  local: { kind: repository-folder, path: ./repositories, webhook-secret: secret }
data-sources:
  staging: { mysql: { host: staging.example.com, user: reader, password: word, database: app }, ${golden} }
  pictures: { directory: ./pictures }
repositories:
  - name: acme/shop
    recipe:
      processes: { web: npm start }
      ${recipe}
`;
const servicesOf = (recipe: string) => {
  const made = parseConfig(wizardYml(recipe), '/nowhere/wizard.yml', {}).repositories[0]?.recipe;
  assert.ok(made?.from === 'operator' && made.recipe.target === 'processes');
  return made.recipe.services;
};
const mistakes = (recipe: string, golden?: string): string => {
  try {
    parseConfig(wizardYml(recipe, golden), '/nowhere/wizard.yml', {});
    return '';
  } catch (error) {
    return String(error);
  }
};

test('a service is a word, or settings with one', () => {
  const { db, cache, other } = servicesOf(
    'services: { db: { mariadb: 10.11, data: staging, memory: 128MB }, cache: redis, other: { memcached: true, memory: 16MB } }',
  );
  assert.ok(db?.by === 'database');
  assert.deepEqual([db.engine, db.serverVersion, db.source, db.memoryMb], ['mariadb', '10.11', 'staging', 128]);
  assert.deepEqual(cache, { by: 'cache', engine: 'redis', memoryMb: 32, access: 'password' });
  assert.deepEqual(other, { by: 'cache', engine: 'memcached', memoryMb: 16, access: 'socket' });
});

test('the data of a database lies in memory where a size is given', () => {
  const { db, other } = servicesOf(
    'services: { db: { postgres: true, memory-disk: 512MB }, other: { mariadb: true } }',
  );
  assert.ok(db?.by === 'database' && other?.by === 'database');
  assert.deepEqual([db.memoryDiskMb, other.memoryDiskMb], [512, undefined]);
  assert.match(mistakes('services: { db: { postgres: true, memory-disk: 512M } }'), /a size such as 256MB or 1GB/);
  assert.match(mistakes('services: { db: { redis: true, memory-disk: 512MB } }'), /memory-disk/);
});

test('a cache may have a version and an image, and an application is told what its way in has', () => {
  const { cache, other } = servicesOf(
    'services: { cache: { redis: 7.2, container: "redis:7.2" }, other: { memcached: 1.6, access: password } }',
  );
  assert.ok(cache?.by === 'cache' && other?.by === 'cache');
  assert.deepEqual([cache.serverVersion, cache.container], ['7.2', 'redis:7.2']);
  assert.deepEqual([other.serverVersion, other.access], ['1.6', 'password']);
  const told = (access: string, place: string): string =>
    mistakes(`services: { mc: { memcached: true, access: ${access} } }\n      env: { X: "\${mc.${place}}" }`);
  for (const [access, place] of [
    ['socket', 'socket'],
    ['password', 'password'],
    ['port', 'port'],
  ] as const)
    assert.equal(told(access, place), '');
  assert.match(told('socket', 'port'), /unknown place.*mc\.port/);
  assert.match(mistakes('services: { mc: { memcached: true, container: "--privileged" } }'), /name of an image/);
});

test('what an application is told of its services is checked', () => {
  assert.equal(mistakes('services: { db: postgres }\n      env: { URL: "${db.url}", WORD: "${db.password}" }'), '');
  assert.match(mistakes('services: { db: postgres }\n      env: { URL: "${db.ulr}" }'), /unknown place.*db\.url/);
  assert.match(mistakes('env: { URL: "${db.url}" }'), /unknown place/);
});

test('a mistake in services is told with its place', () => {
  assert.match(mistakes('services: { db: { mariadb: true, postgres: true } }'), /expected exactly one of/);
  assert.match(mistakes('services: { db: { mariadb: true, data: pictures } }'), /"pictures" holds no database/);
  assert.match(mistakes('services: { db: { postgres: 15, data: staging } }'), /"staging" is a mariadb database/);
  assert.match(mistakes('services: { web: redis }'), /"web" is the name of another part/);
  assert.match(mistakes('services: { db: mariadbb }'), /expected a service/);
  assert.match(
    mistakes('services: { db: mariadb }', 'golden: { engine: mariadb, mask: { email: mail } }'),
    /TABLE\.COLUMN/,
  );
});
