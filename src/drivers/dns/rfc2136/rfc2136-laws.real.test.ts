import { after, describe } from 'node:test';
import { aCall, aClaim } from '../../../../testing/builders.ts';
import { resourceLaws } from '../../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../../testing/conformance/resource-world.ts';
import { settleInRealTime } from '../../../../testing/conformance/settle.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import type { Claim } from '../../../domain/claim.ts';
import { systemClock } from '../../../kit/clock.ts';
import { once } from '../../../kit/one-at-a-time.ts';
import { Secret } from '../../../kit/secret.ts';
import type { ResourceDriver } from '../../../ports/resource-driver.ts';
import { markerName, markerText } from '../ownership.ts';
import { noNameServer, startNameServer, type TestNameServer } from './name-server-test-world.ts';
import { type Rfc2136Options, rfc2136Records } from './rfc2136-records.ts';
import { entryRecord } from './zone-index.ts';

const instance = 'wizard-here';
const hostOf = (claim: Claim, zone: string): string => `app-${claim.environment}.${zone}`;
const settle = settleInRealTime(5_000);

function newWorld(names: TestNameServer): ResourceWorld {
  const zone = names.newZone();
  const open = (over: Partial<Rfc2136Options> = {}): ResourceDriver =>
    rfc2136Records({
      ...{ zone, server: names.server, key: names.key, instance, clock: systemClock, log: silentLog(), ...over },
    });
  const spec = (claim: Claim) => ({ ttlSeconds: 0, records: { [hostOf(claim, zone)]: '203.0.113.7' } });
  const addressesOf = (claim: Claim) => names.dig(hostOf(claim, zone), 'A');
  const strangers: [string, string, string][] = [
    [`api-shop-7.${zone}`, 'A', '198.51.100.1'],
    [`www.${zone}`, 'CNAME', 'elsewhere.test.'],
    [markerName(`other.${zone}`), 'TXT', `"${markerText('another', aClaim())}"`],
    [`other.${zone}`, 'A', '198.51.100.2'],
  ];
  const driver = open();
  const trouble = (over: Partial<Rfc2136Options>) => () => open(over).create(aClaim(), spec(aClaim()), aCall());
  return {
    driver,
    reopen: () => open(),
    role: 'dns',
    spec,
    otherSpec: (claim) => ({
      ttlSeconds: 0,
      records: { [hostOf(claim, zone)]: '2001:DB8::7', [`api.${hostOf(claim, zone)}`]: '203.0.113.8' },
    }),
    strangers: {
      plant: () =>
        names.nsupdate(
          zone,
          strangers.map(([name, type, value]) => `update add ${name} 60 ${type} ${value}`),
        ),
      untouched: async () => {
        const now = await Promise.all(strangers.map(([name, type]) => names.dig(name, type)));
        return strangers.every(([, , value], index) => now[index]?.join() === value);
      },
    },
    deleteBehindBack: (claim) =>
      names.nsupdate(zone, [
        `update delete ${hostOf(claim, zone)} A`,
        `update delete ${markerName(hostOf(claim, zone))} TXT`,
      ]),
    halfMake: (claim) => {
      const { name } = entryRecord(zone, { instance, claim, host: '' });
      const text = `"${markerText(instance, claim)}"`;
      return names.nsupdate(zone, [
        `update add ${name} 60 TXT ${text} "${hostOf(claim, zone)}"`,
        `update add ${markerName(hostOf(claim, zone))} 60 TXT ${text}`,
      ]);
    },
    // The zone has a wildcard, which answers where there is nothing of ours.
    count: async (claim) => {
      const addresses = [...(await addressesOf(claim)), ...(await names.dig(hostOf(claim, zone), 'AAAA'))];
      return addresses.filter((address) => address !== '192.0.2.99').length;
    },
    troubles: [
      {
        what: 'a wrong secret',
        remedy: 'fix-setup',
        provoke: trouble({ key: { ...names.key, secret: new Secret('bm8=') } }),
      },
      { what: 'an unknown key', remedy: 'fix-setup', provoke: trouble({ key: { ...names.key, name: 'nobody' } }) },
      { what: 'a key without the right', remedy: 'fix-setup', provoke: trouble({ key: names.weakKey }) },
      {
        what: 'a server that is not there',
        remedy: 'try-again',
        provoke: trouble({ server: { host: '127.0.0.1', port: 1 } }),
      },
      {
        what: 'a clock that is wrong',
        remedy: 'fix-setup',
        provoke: trouble({ clock: { ...systemClock, now: () => Date.now() - 3_600_000 } }),
      },
    ],
    secrets: [names.key.secret.reveal()],
    many: 40,
    settle,
    timeToSettleMs: 5_000,
    close: () => Promise.resolve(),
  };
}

for (const kind of ['bind', 'knot', 'powerdns'] as const) {
  describe(`rfc2136 before a real ${kind}`, { skip: noNameServer(kind) }, () => {
    const start = once(() => startNameServer(kind));
    after(async () => (await start()).close());
    resourceLaws({ name: `rfc2136 on ${kind}`, newWorld: async () => newWorld(await start()) });
  });
}
