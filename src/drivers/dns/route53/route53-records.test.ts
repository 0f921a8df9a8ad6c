import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { aCall, aClaim } from '../../../../testing/builders.ts';
import { hasCode } from '../../../../testing/has-code.ts';
import { noCloud } from '../../../../testing/local-cloud/cloud-clients.ts';
import { manualClock } from '../../../../testing/manual-clock.ts';
import type { EnvironmentId } from '../../../domain/claim.ts';
import { afterMsOf, codeOf, remedyOf } from '../../../domain/wizard-error.ts';
import { checkDns } from '../check-dns.ts';
import {
  api,
  app,
  aRecord,
  quickClock,
  type Route53World,
  route53World,
  spec,
  wanted,
  zoneInTests as zone,
} from './route53-test-world.ts';

const claim = aClaim({ role: 'dns' });
const call = aCall();
const callsOf = ({ cloud }: Route53World, operation: string): number =>
  cloud.requests.filter((request) => request.operation === operation).length;

/** What only the local cloud shows: what it was asked, how long a change takes, and answers that are lost. */
describe('names in Route 53, at the local cloud', { skip: noCloud }, () => {
  it('are registered in one batch', async () => {
    await using world = await route53World();
    await world.driver.create(claim, spec({ [app]: '203.0.113.7', [api]: '2001:db8::7' }), call);
    assert.equal(callsOf(world, 'ChangeResourceRecordSets'), 1);
  });

  it('are arriving until Route 53 says INSYNC, and are asked for ever more rarely', async () => {
    const cloudClock = manualClock(Date.now());
    await using world = await route53World({ insyncMs: 40_000, clock: cloudClock });
    await world.driver.create(claim, wanted, call);
    const pauses: number[] = [];
    for (let look = 0; look < 4; look += 1) {
      const seen = await world.driver.observe(claim, wanted, call);
      assert.ok(seen.is === 'arriving' && /on its way/.test(seen.note), JSON.stringify(seen));
      pauses.push(seen.lookAgainMs);
    }
    assert.deepEqual(pauses, [500, 750, 1125, 1688]);
    await cloudClock.advance(40_000);
    assert.equal((await world.driver.observe(claim, wanted, call)).is, 'ready');
  });

  it('are gone when the change has arrived and others have forgotten the address', async () => {
    const clock = manualClock(Date.now());
    await using world = await route53World({ insyncMs: 20_000, clock });
    const driver = world.open({ clock });
    await driver.create(claim, wanted, call);
    await clock.advance(20_000);
    assert.equal((await driver.observe(claim, wanted, call)).is, 'ready');
    await driver.destroy(claim, call);
    assert.deepEqual(await world.values(app, 'A'), []);
    assert.equal((await driver.observe(claim, wanted, call)).is, 'leaving');
    await clock.advance(20_000);
    const forgetting = await driver.observe(claim, wanted, call);
    assert.ok(forgetting.is === 'leaving' && /remember/.test(forgetting.note));
    await clock.advance(forgetting.lookAgainMs);
    assert.deepEqual(await driver.observe(claim, wanted, call), { is: 'absent' });
  });

  it('are not written over what came between a look and the change', async () => {
    await using world = await route53World();
    world.cloud.faults.next('ChangeResourceRecordSets', { kind: 'late' });
    await assert.rejects(world.driver.create(claim, wanted, call), hasCode('dns/unreachable'));
    await world.change([aRecord('CREATE', app, 'A', '198.51.100.1')]);
    await world.cloud.faults.land();
    assert.deepEqual(await world.values(app, 'A'), ['198.51.100.1']);
    assert.deepEqual(await world.driver.observe(claim, wanted, call), { is: 'absent' });
  });

  it('that Route 53 never takes are not asked for again and again; those that something came between are', async () => {
    await using world = await route53World();
    const refusal = { kind: 'refused', code: 'InvalidChangeBatch' } as const;
    world.cloud.faults.next('ChangeResourceRecordSets', refusal);
    await assert.rejects(world.driver.create(claim, wanted, call), (error) => {
      assert.equal(remedyOf(error), 'fix-setup');
      return hasCode('dns/refused-change')(error);
    });
    world.cloud.faults.next('ChangeResourceRecordSets', { kind: 'late' });
    await assert.rejects(world.driver.create(claim, wanted, call), hasCode('dns/unreachable'));
    world.cloud.faults.next('ChangeResourceRecordSets', refusal, 1, () => {
      void world.cloud.faults.land();
      return true;
    });
    await assert.rejects(world.driver.create(claim, wanted, call), hasCode('dns/changed'));
    assert.deepEqual(await world.values(app, 'A'), ['203.0.113.7']);
  });

  it('are one also when the answer was lost, came half, or the change came late', async () => {
    for (const fault of [{ kind: 'lost', effect: true }, { kind: 'half' }, { kind: 'late' }] as const) {
      await using world = await route53World();
      world.cloud.faults.next('ChangeResourceRecordSets', fault);
      await assert.rejects(world.driver.create(claim, wanted, call));
      await world.driver.create(claim, wanted, call);
      await world.cloud.faults.land();
      assert.deepEqual(await world.driver.observe(claim, wanted, call), { is: 'ready', facts: {}, drift: [] });
      assert.deepEqual(await Array.fromAsync(world.driver.owned(call)), [claim]);
    }
  });

  it('cost few listings, also for a hundred looks at once among a thousand records of others', async () => {
    await using world = await route53World();
    const others = Array.from({ length: 1000 }, (_, index) =>
      aRecord('CREATE', `host-${index}.${zone}`, 'A', '198.51.100.1'),
    );
    await world.change(others);
    await world.driver.create(claim, wanted, call);
    assert.equal((await world.driver.observe(claim, wanted, call)).is, 'ready');
    const before = callsOf(world, 'ListResourceRecordSets');
    const looks = await Promise.all(Array.from({ length: 100 }, () => world.driver.observe(claim, wanted, call)));
    assert.ok(looks.every(({ is }) => is === 'ready'));
    assert.ok(callsOf(world, 'ListResourceRecordSets') - before <= 8, 'two listings of four pages');
  });

  it('are never a short list', async () => {
    await using world = await route53World();
    await world.change(
      Array.from({ length: 400 }, (_, index) => aRecord('CREATE', `a-${index}.${zone}`, 'A', '198.51.100.1')),
    );
    await world.driver.create(claim, wanted, call);
    const isSecond = ({ input }: { input: object }): boolean => Object.hasOwn(input, 'StartRecordName');
    world.cloud.faults.next('ListResourceRecordSets', { kind: 'throttled' }, 1, isSecond);
    await assert.rejects(Array.fromAsync(world.driver.owned(call)), hasCode('dns/throttled'));
    await assert.rejects(world.driver.observe(claim, wanted, aCall({ signal: AbortSignal.abort() })), {
      name: 'AbortError',
    });
  });

  it('are sent in more than one batch where Route 53 takes no more, and changed so', async () => {
    await using world = await route53World();
    const long = (index: number): string => `h${index}.${'x'.repeat(60)}.${zone}`;
    const many = spec(Object.fromEntries(Array.from({ length: 600 }, (_, index) => [long(index), '203.0.113.7'])), 0);
    await world.driver.create(claim, many, call);
    assert.deepEqual(await world.driver.observe(claim, many, call), { is: 'ready', facts: {}, drift: [] });
    assert.ok(callsOf(world, 'ChangeResourceRecordSets') > 1);
    await world.driver.update?.(claim, { ...many, ttlSeconds: 1 }, call);
    await world.driver.destroy(claim, call);
    assert.deepEqual(await Array.fromAsync(world.driver.owned(call)), []);
  });

  it('are asked for below the limit of the account, and rest longer when told to', async () => {
    const clock = manualClock(Date.now());
    await using world = await route53World({ clock, limits: { route53: { perSecond: 5, burst: 12 } } });
    const driver = world.open({ clock });
    let done = 0;
    const one = async (index: number): Promise<void> => {
      const environment = `shop-${index}` as EnvironmentId;
      const wait = { ...claim, environment };
      for (;;) {
        try {
          await driver.create(wait, spec({ [`app-${environment}.${zone}`]: '203.0.113.7' }), call);
          done += 1;
          return;
        } catch (error) {
          assert.equal(codeOf(error), 'dns/throttled');
          await new Promise<void>((resolve) => void clock.after(afterMsOf(error) ?? 0, resolve));
        }
      }
    };
    const all = Promise.all(Array.from({ length: 40 }, (_, index) => one(index)));
    for (let step = 0; step < 4000 && done < 40; step += 1) {
      await clock.advance(25);
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await all;
    assert.equal(world.cloud.requests.filter(({ outcome }) => outcome !== 'ok').length, 0, 'never refused');
  });

  it('that a key may not change are told by wizard check', async () => {
    await using world = await route53World();
    const dns = { kind: 'route53', zone, clock: quickClock, ...world.settings } as const;
    for (const operation of ['ListResourceRecordSets', 'ChangeResourceRecordSets', 'GetChange']) {
      world.cloud.faults.next(operation, { kind: 'refused', code: 'AccessDenied', status: 403 });
      await assert.rejects(checkDns(dns, call), hasCode('dns/not-allowed'));
    }
    const [zoneNow] = world.cloud.zones.values();
    assert.equal(zoneNow?.records.size, 2);
  });
});
