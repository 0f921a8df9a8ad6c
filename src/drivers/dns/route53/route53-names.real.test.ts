import assert from 'node:assert/strict';
import { describe } from 'node:test';
import type { Change } from '@aws-sdk/client-route-53';
import { atEachCloud } from '../../../../testing/at-each-cloud.ts';
import { aCall, aClaim } from '../../../../testing/builders.ts';
import { hasCode } from '../../../../testing/has-code.ts';
import { checkDns } from '../check-dns.ts';
import { markerName } from '../ownership.ts';
import { api, app, aRecord, eachRoute53, quickClock, spec, wanted, zoneInTests as zone } from './route53-test-world.ts';

const claim = aClaim({ role: 'dns' });
const call = aCall();

describe('names in Route 53', () => {
  atEachCloud(eachRoute53, (test) => {
    test('are registered with whose they are, in one batch', async (world) => {
      await world.driver.create(claim, spec({ [app]: '203.0.113.7', [api]: '2001:DB8:0::7' }), call);
      assert.deepEqual(await world.values(app, 'A'), ['203.0.113.7']);
      assert.deepEqual(await world.values(api, 'AAAA'), ['2001:db8::7']);
      assert.deepEqual(await world.values(markerName(app), 'TXT'), [
        '"shining-wizard instance=wizard-here claim=shop-7_dns_1"',
      ]);
    });

    test('are never written over what is not ours', async (world) => {
      const sets: Change[] = [
        aRecord('CREATE', app, 'A', '198.51.100.1'),
        aRecord('CREATE', app, 'CNAME', 'elsewhere.test.'),
        aRecord('CREATE', markerName(app), 'TXT', '"somebody else"'),
        aRecord('CREATE', markerName(app), 'TXT', '"shining-wizard instance=another claim=shop-7_dns_1"'),
      ];
      const weighted = {
        ...aRecord('CREATE', app, 'A', '198.51.100.1').ResourceRecordSet,
        Weight: 1,
        SetIdentifier: 'one',
      };
      sets.push({ Action: 'CREATE', ResourceRecordSet: weighted as NonNullable<Change['ResourceRecordSet']> });
      for (const set of sets) {
        await world.change([set]);
        await assert.rejects(
          world.driver.create(claim, spec({ [api]: '203.0.113.7', ...wanted.records }), call),
          (error) => {
            assert.match(String(error), new RegExp(`registering ${app}:`));
            return hasCode('dns/name-taken')(error);
          },
        );
        assert.deepEqual(await world.values(api, 'A'), [], 'all or nothing');
        // Deleting needs it to the letter, so this also says that it was not touched.
        await world.change([{ ...set, Action: 'DELETE' }]);
      }
      await world.driver.create(claim, wanted, call);
    });

    test(
      'are mended when somebody changed them, and left to who took them over',
      async (world) => {
        await world.driver.create(claim, wanted, call);
        await world.change([
          aRecord('DELETE', app, 'A', '203.0.113.7'),
          aRecord('CREATE', app, 'A', '198.51.100.1', 30),
        ]);
        const changed = await world.driver.observe(claim, wanted, call);
        assert.ok(changed.is === 'ready' && changed.drift[0]?.have === `${app} → 198.51.100.1`);
        await world.driver.update?.(claim, wanted, call);
        assert.deepEqual(await world.values(app, 'A'), ['203.0.113.7']);
        await world.change([
          aRecord('DELETE', app, 'A', '203.0.113.7'),
          aRecord('CREATE', app, 'CNAME', 'elsewhere.test.'),
        ]);
        assert.equal((await world.driver.observe(claim, wanted, call)).is, 'broken');
        await assert.rejects(async () => world.driver.update?.(claim, wanted, call), hasCode('dns/name-taken'));
        await world.driver.destroy(claim, call);
        assert.deepEqual(await world.values(app, 'CNAME'), ['elsewhere.test.']);
        assert.deepEqual(await Array.fromAsync(world.driver.owned(call)), []);
      },
      { motoDeviates: 'it refuses to make again what was made once' },
    );

    test('are found among a thousand records of others', async (world) => {
      const others = Array.from({ length: 1000 }, (_, index) =>
        aRecord('CREATE', `host-${index}.${zone}`, 'A', '198.51.100.1'),
      );
      await world.change(others);
      await world.driver.create(claim, wanted, call);
      assert.equal((await world.driver.observe(claim, wanted, call)).is, 'ready');
      assert.deepEqual(await Array.fromAsync(world.driver.owned(call)), [claim]);
    });

    test('are sent in batches that Route 53 takes', async (world) => {
      const long = (index: number): string => `h${index}.${'x'.repeat(60)}.${zone}`;
      const many = spec(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [long(index), '203.0.113.7'])), 0);
      await world.driver.create(claim, many, call);
      assert.deepEqual(await world.driver.observe(claim, many, call), { is: 'ready', facts: {}, drift: [] });
      await world.driver.destroy(claim, call);
      assert.deepEqual(await Array.fromAsync(world.driver.owned(call)), []);
    });

    test(
      'are tried by wizard check without leaving anything',
      async ({ settings, values }) => {
        const dns = { kind: 'route53', zone, clock: quickClock, ...settings } as const;
        assert.equal(await checkDns(dns, call), `the key may change ${zone}`);
        assert.deepEqual(await values(`shining-wizard-check.${zone}`, 'TXT'), []);
      },
      { motoDeviates: 'to delete what is not there is an InvalidInput to it' },
    );

    test('of another zone than the one that the id leads to are refused by wizard check', async ({ settings }) => {
      const dns = { kind: 'route53', zone: 'other.test', clock: quickClock, ...settings } as const;
      await assert.rejects(checkDns(dns, call), hasCode('dns/no-zone'));
    });
  });
});
