import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createApiWorld, viewOf } from '../../testing/api-world.ts';
import { resolveEnvironment, UnresolvedEnvironment } from './resolve-environment.ts';

const world = createApiWorld();
for (const id of ['shop-1', 'shop-12', 'shop-admin-3', 'blog-5']) world.put(viewOf(id));

const resolved = async (asked: string): Promise<string> =>
  (await resolveEnvironment(world.views, asked)).environment.id;

const cases = [
  { asked: 'shop-1', found: 'shop-1', because: 'the whole id wins over longer ones' },
  { asked: 'acme/shop#12', found: 'shop-12', because: 'that is how a code host writes it' },
  { asked: 'ACME/Shop#12', found: 'shop-12', because: 'code hosts do not tell capitals apart' },
  { asked: 'blog', found: 'blog-5', because: 'no other begins so' },
  { asked: 'SHOP-a', found: 'shop-admin-3', because: 'no other begins so' },
  { asked: 'https://code.test/acme/shop/pull/12/files', found: 'shop-12', because: 'it was pasted from a browser' },
  { asked: 'http://app-blog-5.localhost:4780/cart?a=b', found: 'blog-5', because: 'it was pasted from a browser' },
];
for (const { asked, found, because } of cases) {
  test(`${asked} means ${found}: ${because}`, async () => assert.equal(await resolved(asked), found));
}

const refused = [
  { asked: 'shop', code: 'request/ambiguous-environment', candidates: 3, because: 'three begin so' },
  { asked: 'blo-', code: 'request/unknown-environment', candidates: 1, because: 'none begins so' },
  {
    asked: 'acme/shop#2',
    code: 'request/unknown-environment',
    candidates: 3,
    because: 'there is no such pull request',
  },
  {
    asked: 'https://code.test/acme/shop/pull/1x',
    code: 'request/unknown-environment',
    candidates: 0,
    because: 'it is another page',
  },
  { asked: '../../etc/passwd', code: 'request/unknown-environment', candidates: 0, because: 'it is none' },
];
for (const { asked, code, candidates, because } of refused) {
  test(`${asked} is refused: ${because}`, async () => {
    await assert.rejects(resolved(asked), (error: unknown) => {
      assert.ok(error instanceof UnresolvedEnvironment);
      assert.equal(error.code, code);
      assert.equal(error.candidates.length, candidates, error.candidates.join());
      return true;
    });
  });
}

test('a number is never cut: shop-1 does not become shop-12 when shop-1 is gone', async () => {
  const later = createApiWorld();
  later.put(viewOf('shop-12'));
  await assert.rejects(resolveEnvironment(later.views, 'shop-1'), /there is none/);
  assert.equal((await resolveEnvironment(later.views, 'shop-')).environment.id, 'shop-12');
});
