import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { EnvironmentId } from './claim.ts';
import { environmentIds, hostNames, label, slug } from './names.ts';
import type { RepositoryId, RepositoryRef } from './pull-request.ts';

const repository = (name: string, id = '1'): RepositoryRef => ({ id: id as RepositoryId, name });
const template = '{endpoint}-{repository}-{number}.{domain}';
const isLabel = (text: string): boolean =>
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text) && !text.startsWith('xn--');
const isId = (text: string): boolean => /^[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?$/.test(text);

test('a plain repository gives plain names', () => {
  const shop = repository('acme/Shop', 'R_1');
  assert.deepEqual(environmentIds(shop, undefined, 7).slice(0, 2), ['shop-7', 'shop-7-8996cf']);
  assert.deepEqual(
    hostNames({ template, domain: 'localhost', endpoints: ['app', 'api'], repository: shop, number: 7 }),
    {
      app: 'app-shop-7.localhost',
      api: 'api-shop-7.localhost',
    },
  );
});

test('where the plain name would hide what was changed or cut, the hash is there at once', () => {
  for (const name of ['acme/my.shop', 'acme/my_shop', 'acme/-shop', 'acme/---', `acme/${'a'.repeat(100)}`]) {
    const [first = ''] = environmentIds(repository(name), undefined, 7);
    assert.match(first, /-7-6b86b2$/, name);
    const hosts = hostNames({
      template,
      domain: 'localhost',
      endpoints: ['app'],
      repository: repository(name),
      number: 7,
    });
    assert.match(hosts['app'] ?? '', /^app-[a-z0-9-]+-7-6b86b2\.localhost$/, name);
  }
});

test('a name that is cut beside a hyphen does not end with it', () => {
  for (let length = 20; length < 60; length++) {
    const ref = repository(`acme/${'a'.repeat(length)}-${'b'.repeat(60)}`);
    for (const id of environmentIds(ref, undefined, 7)) assert.ok(isId(id) && !id.includes('--'), id);
    const hosts = hostNames({ template, domain: 'localhost', endpoints: ['app'], repository: ref, number: 7 });
    assert.doesNotMatch(hosts['app'] ?? '--', /--/);
  }
});

test("the operator's slug stands for the repository", () => {
  assert.equal(environmentIds(repository('acme/my.shop'), 'store', 7)[0], 'store-7');
});

test('hosts of an environment whose id needed a hash have it too', () => {
  const shop = repository('acme/shop', 'R_1');
  const [, id] = environmentIds(shop, undefined, 7);
  assert.ok(id);
  const hosts = hostNames({ template, domain: 'localhost', endpoints: ['app'], repository: shop, number: 7, id });
  assert.deepEqual(hosts, { app: 'app-shop-7-8996cf.localhost' });
});

test('a host that another environment has is not given twice', () => {
  const taken = new Set(['app-shop-7.localhost']);
  const about = { template, domain: 'localhost', endpoints: ['app'], repository: repository('acme/shop'), number: 7 };
  const hosts = hostNames({ ...about, isTaken: (host) => taken.has(host) });
  assert.deepEqual(hosts, { app: 'app-shop-7-6b86b2.localhost' });
});

test('the hash goes into the part that tells environments apart', () => {
  const about = { template: '{endpoint}.{repository}-{number}.{domain}', domain: 'x.example.com', endpoints: ['app'] };
  const hosts = hostNames({ ...about, repository: repository('acme/my.shop'), number: 7 });
  assert.deepEqual(hosts, { app: 'app.my-shop-7-6b86b2.x.example.com' });
});

test('a slug holds nothing but lower case letters, digits and single hyphens', () => {
  assert.equal(slug('  My..Shop__2 '), 'my-shop-2');
  assert.equal(slug('XN--Shop'), 'xn-shop');
  assert.equal(slug('日本'), '');
});

const hostileName = fc.oneof(
  fc.string({ minLength: 1, maxLength: 120 }),
  fc.string({ unit: fc.constantFrom('a', 'B', '-', '.', '_', '7', 'ß', 'İ', '日'), minLength: 1, maxLength: 120 }),
  fc.constantFrom('shop', 'Shop', 'sh.op', 'sh_op', 'xn--shop', '-', '...', 'a-1', 'a-1-1', 'a'.repeat(100)),
);

test('every text becomes a valid label', () => {
  fc.assert(fc.property(hostileName, (text) => isLabel(label(text, text))));
});

test('two texts that differ in more than capitals become different labels', () => {
  fc.assert(
    fc.property(hostileName, hostileName, (a, b) => {
      fc.pre(a.toLowerCase() !== b.toLowerCase());
      assert.notEqual(label(a, a), label(b, b));
    }),
  );
});

const pulls = fc.uniqueArray(
  fc.record({
    name: hostileName,
    id: fc.integer({ min: 1, max: 9 }),
    number: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 2 ** 31 })),
  }),
  { selector: ({ id, number }) => `${id} ${number}`, minLength: 1, maxLength: 12 },
);

test('whatever repositories are called, ids and hosts are valid and no two pull requests share one', () => {
  const endpoints = ['app', 'a', `e${'x'.repeat(29)}`];
  const templates = [
    template,
    '{endpoint}.{repository}.pr-{number}.{domain}',
    '{number}.{domain}',
    `{endpoint}-${'l'.repeat(40)}{repository}{number}.{domain}`,
  ];
  fc.assert(
    fc.property(pulls, fc.constantFrom(...templates), (list, hostTemplate) => {
      const ids = new Set<string>();
      const hosts = new Set<string>();
      for (const { name, id: repositoryId, number } of list) {
        const ref = repository(`acme/${name}`, `R_${repositoryId}`);
        const id = environmentIds(ref, undefined, number).find((one) => !ids.has(one));
        assert.ok(id !== undefined && isId(id) && !id.includes('--'), `id ${id}`);
        ids.add(id);
        const about = { template: hostTemplate, domain: 'preview.example.com', endpoints, repository: ref, number, id };
        const given = hostNames({ ...about, isTaken: (host) => hosts.has(host) });
        assert.deepEqual(hostNames({ ...about, isTaken: (host) => hosts.has(host) }), given, 'the same again');
        for (const host of Object.values(given)) {
          assert.ok(host.length <= 253 && host.split('.').every(isLabel), host);
          assert.ok(!hosts.has(host), `${host} twice`);
          hosts.add(host);
        }
      }
    }),
    { numRuns: 300 },
  );
});

test('two repositories with one name never try for the same names once the plain one is taken', () => {
  const rest = (id: string): EnvironmentId[] => environmentIds(repository('acme/shop', id), undefined, 7).slice(1);
  assert.equal(new Set([...rest('1'), ...rest('2')]).size, 4);
});
