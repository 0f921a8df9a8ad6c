import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { aCall, aClaim } from '../../../../testing/builders.ts';
import { hasCode } from '../../../../testing/has-code.ts';
import { manualClock } from '../../../../testing/manual-clock.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import type { EnvironmentId } from '../../../domain/claim.ts';
import { codeOf } from '../../../domain/wizard-error.ts';
import { systemClock } from '../../../kit/clock.ts';
import { Secret } from '../../../kit/secret.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { checkDns } from '../check-dns.ts';
import { markerName } from '../ownership.ts';
import { doorBefore, noNameServer, startNameServer, type TestNameServer } from './name-server-test-world.ts';
import { type Rfc2136Options, rfc2136Records } from './rfc2136-records.ts';

const claim = aClaim({ role: 'dns' });
const call = aCall();

for (const kind of ['bind', 'knot', 'powerdns'] as const) {
  describe(`names on a real ${kind}`, { skip: noNameServer(kind) }, () => {
    let names: TestNameServer;
    // Knot says BADKEY of a key that it knows and that may not do this.
    const withoutRight = kind === 'knot' ? 'dns/refused-key' : 'dns/not-allowed';
    before(async () => {
      names = await startNameServer(kind);
    });
    after(() => names.close());

    const setUp = () => {
      const zone = names.newZone();
      const options = { zone, server: names.server, key: names.key, clock: systemClock, log: silentLog() };
      const open = (over: Partial<Rfc2136Options> = {}): ResourceDriver =>
        rfc2136Records({ ...options, instance: 'here', ...over });
      const [app, api] = [`app-shop-7.${zone}`, `api-shop-7.${zone}`] as const;
      const spec = (records: Record<string, string>, ttlSeconds = 60) => ({ ttlSeconds, records });
      return { zone, options, open, driver: open(), app, api, spec };
    };

    it('answers dig with the address and with whose it is', async () => {
      const { driver, app, api, spec } = setUp();
      await driver.create(claim, spec({ [app]: '203.0.113.7', [api]: '2001:db8::7' }), call);
      assert.deepEqual(await names.dig(app, 'A'), ['203.0.113.7']);
      assert.deepEqual(await names.dig(api, 'AAAA'), ['2001:db8::7']);
      assert.deepEqual(await names.dig(api, 'A'), [], 'no wildcard answers beside it');
      assert.deepEqual(await names.dig(markerName(app), 'TXT'), ['"shining-wizard instance=here claim=shop-7_dns_1"']);
    });

    it('takes an endpoint that is not wanted any more away, and moves the others', async () => {
      const { driver, app, api, spec } = setUp();
      await driver.create(claim, spec({ [app]: '203.0.113.7', [api]: '203.0.113.7' }, 0), call);
      const wanted = spec({ [app]: '2001:db8::8' }, 0);
      const seen = await driver.observe(claim, wanted, call);
      assert.ok(seen.is === 'ready');
      assert.deepEqual(
        seen.drift.map(({ want, have }) => `${have} | ${want}`),
        [`${app} → 203.0.113.7 | ${app} → 2001:db8::8`, `${api} → 203.0.113.7 | no ${api}`],
      );
      await driver.update?.(claim, wanted, call);
      assert.deepEqual(await driver.observe(claim, wanted, call), { is: 'ready', facts: {}, drift: [] });
      assert.deepEqual(await names.dig(app, 'AAAA'), ['2001:db8::8']);
      assert.deepEqual(await names.dig(app, 'A'), []);
      assert.deepEqual(await names.dig(api, 'A'), ['192.0.2.99'], 'the wildcard of the zone answers again');
    });

    it('never writes over a record that is not ours, and says at which host it is', async () => {
      const { zone, driver, app, api, spec } = setUp();
      for (const [type, value] of [
        ['A', '198.51.100.1'],
        ['AAAA', '2001:db8::1'],
        ['CNAME', 'elsewhere.test.'],
      ] as const) {
        await names.nsupdate(zone, [`update add ${api} 60 ${type} ${value}`]);
        await assert.rejects(
          driver.create(claim, spec({ [app]: '203.0.113.7', [api]: '203.0.113.7' }), call),
          (error) => {
            assert.match(String(error), new RegExp(`registering ${api}:`));
            return hasCode('dns/name-taken')(error);
          },
        );
        assert.deepEqual(await names.dig(api, type), [value]);
        assert.deepEqual(await names.dig(app, 'A'), ['192.0.2.99'], 'all or nothing');
        assert.deepEqual(await driver.observe(claim, spec({ [app]: '203.0.113.7' }), call), { is: 'absent' });
        await names.nsupdate(zone, [`update delete ${api} ${type}`]);
      }
    });

    it('leaves alone what somebody put in the place of ours, and mends what was only changed', async () => {
      const { zone, driver, app, spec } = setUp();
      const wanted = spec({ [app]: '203.0.113.7' }, 0);
      await driver.create(claim, wanted, call);
      await names.nsupdate(zone, [`update delete ${app} A`, `update add ${app} 0 A 198.51.100.1`]);
      const changed = await driver.observe(claim, wanted, call);
      assert.ok(changed.is === 'ready' && changed.drift.length === 1);
      await driver.update?.(claim, wanted, call);
      assert.deepEqual(await names.dig(app, 'A'), ['203.0.113.7']);

      await names.nsupdate(zone, [
        `update delete ${app} A`,
        `update add ${app} 30 CNAME elsewhere.test.`,
        `update delete ${markerName(app)} TXT`,
      ]);
      assert.equal((await driver.observe(claim, wanted, call)).is, 'broken');
      await assert.rejects(async () => driver.update?.(claim, wanted, call), hasCode('dns/name-taken'));
      await driver.destroy(claim, call);
      assert.deepEqual(await driver.observe(claim, wanted, call), { is: 'absent' });
      assert.deepEqual(await names.dig(app, 'CNAME'), ['elsewhere.test.']);
    });

    it('leaves alone what somebody took over between our look and our change', async () => {
      const { zone, open, driver, app, spec } = setUp();
      const wanted = spec({ [app]: '203.0.113.7' }, 0);
      for (const act of [
        (late: ResourceDriver) => late.destroy(claim, call),
        async (late: ResourceDriver) => late.update?.(claim, spec({ [app]: '203.0.113.8' }, 0), call),
      ]) {
        await driver.create(claim, wanted, call);
        const takenOver = [`update delete ${markerName(app)} TXT`, `update delete ${app} A`];
        const theirs = [`update add ${app} 30 A 198.51.100.1`];
        const door = await doorBefore(names.server, () => names.nsupdate(zone, [...takenOver, ...theirs]));
        try {
          await assert.rejects(act(open({ server: door.server })), hasCode('dns/changed'));
        } finally {
          door.close();
        }
        assert.deepEqual(await names.dig(app, 'A'), ['198.51.100.1']);
        await driver.destroy(claim, call);
        assert.deepEqual(await names.dig(app, 'A'), ['198.51.100.1']);
        await names.nsupdate(zone, [`update delete ${app} A`]);
      }
    });

    it('lets one of two servers have a name, also when both ask at once', async () => {
      const { open, app, spec } = setUp();
      const wanted = spec({ [app]: '203.0.113.7' });
      const answers = await Promise.allSettled(
        ['one', 'two', 'three'].map((instance) => open({ instance }).create(claim, wanted, call)),
      );
      const refused = answers.flatMap((answer) => (answer.status === 'rejected' ? [codeOf(answer.reason)] : []));
      assert.deepEqual(refused, ['dns/name-taken', 'dns/name-taken']);
      const owners = await Promise.all(
        ['one', 'two', 'three'].map(async (instance) => (await Array.fromAsync(open({ instance }).owned(call))).length),
      );
      assert.deepEqual(owners.toSorted(), [0, 0, 1]);
    });

    it('waits for a name that another environment of ours still has', async () => {
      const { driver, app, spec } = setUp();
      await driver.create(claim, spec({ [app]: '203.0.113.7' }), call);
      const other = aClaim({ role: 'dns', environment: 'shop-8' as EnvironmentId });
      await assert.rejects(driver.create(other, spec({ [app]: '203.0.113.8' }), call), hasCode('dns/name-busy'));
    });

    it('is not gone before others have forgotten the address', async () => {
      const { open, app, spec } = setUp();
      const clock = manualClock(Date.now());
      const driver = open({ clock });
      const wanted = spec({ [app]: '203.0.113.7' }, 60);
      await driver.create(claim, wanted, call);
      assert.equal((await driver.observe(claim, wanted, call)).is, 'ready');
      await driver.destroy(claim, call);
      assert.deepEqual(await names.dig(app, 'A'), ['192.0.2.99']);
      const leaving = await driver.observe(claim, wanted, call);
      assert.ok(leaving.is === 'leaving' && leaving.lookAgainMs === 60_000, JSON.stringify(leaving));
      await clock.advance(59_000);
      assert.equal((await driver.observe(claim, wanted, call)).is, 'leaving');
      await clock.advance(1_000);
      assert.equal((await driver.observe(claim, wanted, call)).is, 'absent');
    });

    it('registers sixty hosts, of which some are as long as names can be', async () => {
      const { zone, driver, spec } = setUp();
      const long = Array.from({ length: 60 }, (_, index) => {
        const name = `${index}-${'x'.repeat(60 - String(index).length)}.${'y'.repeat(63)}.${'z'.repeat(63)}.${zone}`;
        return [name, '203.0.113.7'] as const;
      });
      const wanted = spec(Object.fromEntries(long), 0);
      await driver.create(claim, wanted, call);
      assert.deepEqual(await driver.observe(claim, wanted, call), { is: 'ready', facts: {}, drift: [] });
      assert.deepEqual(await names.dig(long[59]?.[0] ?? '', 'A'), ['203.0.113.7']);
      await driver.destroy(claim, call);
      assert.deepEqual(await driver.observe(claim, wanted, call), { is: 'absent' });
    });

    it('says when the index has no room, before BIND would refuse it', async () => {
      const { zone, driver, spec } = setUp();
      const hosts = (from: number, to: number): Record<string, string> =>
        Object.fromEntries(
          Array.from({ length: to - from }, (_, index) => [`h${from + index}.${zone}`, '203.0.113.7']),
        );
      await driver.create(claim, spec(hosts(0, 100), 0), call);
      const next = aClaim({ role: 'other' });
      await assert.rejects(driver.create(next, spec(hosts(100, 101), 0), call), hasCode('dns/zone-full'));
      await driver.update?.(claim, spec(hosts(0, 99), 0), call);
      await driver.create(next, spec(hosts(100, 101), 0), call);
      assert.deepEqual(await Array.fromAsync(driver.owned(call)), [claim, next]);
    });

    it('says what is wrong with the key, the zone and the hosts', async () => {
      const { open, zone, app, spec } = setUp();
      const create = (over: Partial<Rfc2136Options>, host: string = app) =>
        open(over).create(claim, spec({ [host]: '203.0.113.7' }), call);
      const { key } = names;
      await assert.rejects(create({ key: { ...key, secret: new Secret('bm8=') } }), hasCode('dns/refused-key'));
      await assert.rejects(create({ key: { ...key, name: 'nobody' } }), hasCode('dns/refused-key'));
      await assert.rejects(create({ key: { ...key, algorithm: 'hmac-sha512' } }), hasCode('dns/refused-key'));
      await assert.rejects(create({ key: names.weakKey }), hasCode(withoutRight));
      const early = { ...systemClock, now: () => Date.now() - 600_000 };
      await assert.rejects(
        create({ clock: early }),
        hasCode(kind === 'powerdns' ? 'dns/refused-key' : 'dns/wrong-time'),
      );
      await assert.rejects(create({}, 'app.elsewhere.test'), hasCode('dns/outside-zone'));
      await assert.rejects(create({}, `${'a.'.repeat(115)}${zone}`), hasCode('dns/name-too-long'));
      await assert.rejects(create({}, `*.${zone}`), hasCode('dns/bad-spec'));
      await assert.rejects(open({ zone: 'other.test' }).observe(claim, {}, call), hasCode('dns/not-allowed'));
    });

    it('is tried without leaving anything', async () => {
      const { options, zone } = setUp();
      const check = { kind: 'rfc2136', ...options } as const;
      assert.equal(await checkDns(check, call), `the key may change ${zone}`);
      await assert.rejects(checkDns({ ...check, key: names.weakKey }, call), hasCode(withoutRight));
      await assert.rejects(checkDns({ ...check, zone: `not-there.${zone}` }, call), hasCode('dns/no-zone'));
      assert.deepEqual(await names.dig(`shining-wizard-check.${zone}`, 'A'), ['192.0.2.99']);
    });
  });
}

describe('a name server that is not what it seems', () => {
  it('is not believed without a signature, and not waited for when it says nonsense', async () => {
    const answers: ((question: Buffer) => Buffer)[] = [
      // What was asked, as an answer that says yes.
      (question) => {
        const answer = Buffer.from(question);
        answer.writeUInt16BE(0x8400, 2);
        return answer;
      },
      (question) => {
        const answer = Buffer.from(question.subarray(0, 12));
        answer.writeUInt16BE(0x8400, 2);
        answer.fill(0, 4, 12);
        return answer;
      },
      (question) => Buffer.concat([question.subarray(0, 2), Buffer.alloc(12, 0xff)]),
    ];
    const codes: string[] = [];
    for (const answer of answers) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.on('data', (bytes: Buffer) => {
          const body = answer(bytes.subarray(2));
          const length = Buffer.alloc(2);
          length.writeUInt16BE(body.length);
          socket.write(Buffer.concat([length, body]));
        });
      });
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      const address = server.address();
      assert.ok(address !== null && typeof address === 'object');
      const driver = rfc2136Records({
        zone: 'preview.test',
        server: { host: '127.0.0.1', port: address.port },
        key: { name: 'shining', algorithm: 'hmac-sha256', secret: new Secret('c2VjcmV0') },
        instance: 'here',
        clock: systemClock,
        log: silentLog(),
      });
      await driver.observe(claim, {}, call).catch((error: unknown) => codes.push(codeOf(error)));
      server.close();
    }
    assert.deepEqual(codes, ['dns/unsigned-answer', 'dns/unsigned-answer', 'dns/unexpected-answer']);
  });
});
