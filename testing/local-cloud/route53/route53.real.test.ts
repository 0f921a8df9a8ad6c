import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  DeleteHostedZoneCommand,
  GetChangeCommand,
  GetHostedZoneCommand,
  InvalidChangeBatch,
  ListHostedZonesByNameCommand,
  ListHostedZonesCommand,
  ListResourceRecordSetsCommand,
  type ListResourceRecordSetsCommandOutput,
  type Route53Client,
  type RRType,
} from '@aws-sdk/client-route-53';
import { manualClock } from '../../manual-clock.ts';
import { type CloudWorld, noCloud, openCloudWorld, refusal } from '../cloud-clients.ts';

const aChange = (
  Action: Change['Action'],
  Name: string,
  Values = ['10.0.0.1'],
  Type: RRType = 'A',
  TTL = 60,
): Change => ({
  Action,
  ResourceRecordSet: { Name, Type, TTL, ResourceRecords: Values.map((Value) => ({ Value })) },
});

const zoneOf = ({ cloud }: CloudWorld): string => [...cloud.zones.keys()][0] ?? '';

function change(world: CloudWorld, ...Changes: Change[]) {
  const command = new ChangeResourceRecordSetsCommand({ HostedZoneId: zoneOf(world), ChangeBatch: { Changes } });
  return world.route53.send(command);
}

/** What Route 53 says is wrong with a batch. */
async function wrong(world: CloudWorld, ...changes: Change[]): Promise<string> {
  const error: unknown = await change(world, ...changes).then(
    () => assert.fail('it was not refused'),
    (refused: unknown) => refused,
  );
  assert.ok(error instanceof InvalidChangeBatch, String(error));
  return error.message;
}

async function names(client: Route53Client, HostedZoneId: string): Promise<string[]> {
  const { ResourceRecordSets = [] } = await client.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
  return ResourceRecordSets.map(
    ({ Name, Type, ResourceRecords = [] }) => `${Name} ${Type} ${ResourceRecords.map(({ Value }) => Value).join()}`,
  );
}

/** Page by page, three records each. */
async function pagesOf(client: Route53Client, HostedZoneId: string): Promise<ListResourceRecordSetsCommandOutput[]> {
  const pages: ListResourceRecordSetsCommandOutput[] = [];
  for (let more = true; more; more = pages.at(-1)?.IsTruncated ?? false) {
    const last = pages.at(-1);
    const from = { StartRecordName: last?.NextRecordName, StartRecordType: last?.NextRecordType };
    pages.push(await client.send(new ListResourceRecordSetsCommand({ HostedZoneId, MaxItems: 3, ...from })));
  }
  return pages;
}

describe('Route 53 of the local cloud', { skip: noCloud }, () => {
  test('a change is pending, then in sync, and only after the name server has it', async () => {
    const clock = manualClock(Date.now());
    const published: string[] = [];
    await using world = await openCloudWorld({
      clock,
      insyncMs: 30_000,
      publish: async (zone, changes) => {
        published.push(
          ...changes.map(({ action, record }) => `${zone} ${action} ${record.name} ${record.values.join()}`),
        );
      },
    });
    const { ChangeInfo: pending } = await change(world, aChange('UPSERT', 'API-7.preview.test'));
    assert.equal(pending?.Status, 'PENDING');
    const status = async () => (await world.route53.send(new GetChangeCommand({ Id: pending?.Id }))).ChangeInfo?.Status;
    await clock.advance(29_000);
    assert.equal(await status(), 'PENDING');
    assert.deepEqual(published, []);
    await clock.advance(1_000);
    assert.equal(await status(), 'INSYNC');
    assert.deepEqual(published, ['preview.test. upsert api-7.preview.test. 10.0.0.1']);
    assert.equal(await refusal(world.route53.send(new GetChangeCommand({ Id: 'C123' }))), 'NoSuchChange 404');
  });

  test('a batch happens as a whole or not at all, and everything wrong with it is said', async () => {
    await using world = await openCloudWorld();
    await change(world, aChange('CREATE', 'one.preview.test'));
    const message = await wrong(
      world,
      aChange('UPSERT', 'two.preview.test'),
      aChange('CREATE', 'one.preview.test'),
      aChange('DELETE', 'three.preview.test'),
    );
    const [exists, absent] = [
      "Tried to create resource record set [name='one.preview.test.', type='A'] but it already exists",
      "Tried to delete resource record set [name='three.preview.test.', type='A'] but it was not found",
    ];
    assert.equal(message, `[${exists}, ${absent}]`);
    const listed = await names(world.route53, zoneOf(world));
    assert.deepEqual(
      listed.filter((line) => line.includes(' A ')),
      ['one.preview.test. A 10.0.0.1'],
    );
  });

  test('deleting needs every value and the TTL exactly, in any order', async () => {
    await using world = await openCloudWorld();
    await change(world, aChange('CREATE', 'one.preview.test', ['10.0.0.1', '10.0.0.2']));
    const differs =
      "[Tried to delete resource record set [name='one.preview.test.', type='A'] but the values provided do not match the current values]";
    assert.equal(await wrong(world, aChange('DELETE', 'one.preview.test', ['10.0.0.1'])), differs);
    assert.deepEqual(
      await wrong(world, aChange('DELETE', 'one.preview.test', ['10.0.0.1', '10.0.0.2'], 'A', 61)),
      differs,
    );
    await change(world, aChange('DELETE', 'ONE.preview.test.', ['10.0.0.2', '10.0.0.1']));
    assert.equal((await names(world.route53, zoneOf(world))).length, 2, 'NS and SOA are left');
  });

  test('one batch may delete and create the same record, and no other pair', async () => {
    await using world = await openCloudWorld();
    await change(world, aChange('CREATE', 'one.preview.test'));
    await change(world, aChange('DELETE', 'one.preview.test'), aChange('CREATE', 'one.preview.test', ['10.0.0.9']));
    const twice = aChange('UPSERT', 'two.preview.test');
    assert.equal(
      await wrong(world, twice, twice),
      "[The request contains an invalid set of changes for a resource record set 'A two.preview.test.']",
    );
  });

  test('values that no name server could serve are refused', async () => {
    await using world = await openCloudWorld();
    const bad: readonly [RRType, string, RegExp][] = [
      ['A', 'nope', /ARRDATAIllegalIPv4Address/],
      ['A', '', /ARRDATAIllegalIPv4Address/],
      ['A', '::1', /ARRDATAIllegalIPv4Address/],
      ['AAAA', '10.0.0.1', /AAAARRDATAIllegalIPv6Address/],
      ['CNAME', 'two words', /CNAMERRDATAIllegalDomainName/],
      ['TXT', 'no quotes', /enclosed in quotation marks/],
      ['TXT', '"open', /enclosed in quotation marks/],
      ['TXT', `"${'x'.repeat(256)}"`, /CharacterStringTooLong/],
      ['MX', 'mail.preview.test', /MXRRDATANotValid/],
      ['SRV', '1 2 99999 host', /SRVRRDATANotValid/],
    ];
    for (const [type, value, expected] of bad) {
      assert.match(
        await wrong(world, aChange('UPSERT', 'x.preview.test', [value], type)),
        expected,
        `${type} ${value}`,
      );
    }
    const good: readonly [RRType, string][] = [
      ['AAAA', '2001:db8::1'],
      ['CNAME', 'other.example'],
      ['TXT', `"${'x'.repeat(255)}" "say \\"hi\\" \\351"`],
      ['MX', '10 mail.preview.test.'],
      ['SRV', '1 2 443 host.preview.test'],
      ['CAA', '0 issue "ca.example"'],
    ];
    for (const [index, [type, value]] of good.entries()) {
      await change(world, aChange('UPSERT', `good${index}.preview.test`, [value], type));
    }
  });

  test('names are held to the zone, to the length of labels, and to what stands beside them', async () => {
    await using world = await openCloudWorld();
    await change(world, aChange('CREATE', 'one.preview.test'));
    const one = (...changes: Change[]) => wrong(world, ...changes);
    assert.match(await one(aChange('UPSERT', 'one.elsewhere.test')), /is not permitted in zone preview\.test\./);
    assert.match(await one(aChange('UPSERT', 'xpreview.test')), /is not permitted in zone/);
    assert.match(await one(aChange('UPSERT', `${'x'.repeat(64)}.preview.test`)), /DomainLabelTooLong/);
    assert.match(await one(aChange('UPSERT', `${'x.'.repeat(130)}preview.test`)), /DomainNameTooLong/);
    assert.match(await one(aChange('UPSERT', 'a..preview.test')), /DomainLabelEmpty/);
    assert.match(await one(aChange('UPSERT', 'one.preview.test', ['x.test'], 'CNAME')), /conflicts with other records/);
    assert.match(await one(aChange('UPSERT', 'preview.test', ['x.test'], 'CNAME')), /not permitted at apex/);
    assert.match(await one(aChange('UPSERT', 'd.preview.test', ['10.0.0.1', '10.0.0.1'])), /Duplicate Resource Record/);
    const many = Array.from({ length: 501 }, (_, n) => aChange('UPSERT', `n${n}.preview.test`));
    assert.match(await one(...many), /limit of 1000 exceeded/, 'an UPSERT counts twice');
  });

  test('what AWS’s own description forbids never comes to the records', async () => {
    await using world = await openCloudWorld();
    const send = (changes: unknown[]): Promise<string> => refusal(change(world, ...(changes as Change[])));
    assert.equal(await send([]), 'InvalidInput 400');
    assert.equal(await send([aChange('UPSERT', 'a.preview.test', ['x'], 'APEX' as RRType)]), 'InvalidInput 400');
    assert.equal(await send([aChange('MOVE' as Change['Action'], 'a.preview.test')]), 'InvalidInput 400');
    assert.equal(await send([aChange('UPSERT', 'a.preview.test', ['10.0.0.1'], 'A', -1)]), 'InvalidInput 400');
    assert.equal(
      await send([{ Action: 'UPSERT', ResourceRecordSet: { Name: 'a.preview.test', Type: 'A', TTL: 5 } }]),
      'InvalidInput 400',
    );
    const elsewhere = new ListResourceRecordSetsCommand({ HostedZoneId: 'Z1' });
    assert.equal(await refusal(world.route53.send(elsewhere)), 'NoSuchHostedZone 404');
  });

  test('records are listed by labels from the right, page by page, from a name on', async () => {
    await using world = await openCloudWorld();
    await change(
      world,
      aChange('CREATE', 'b.preview.test'),
      aChange('CREATE', 'z.a.preview.test'),
      aChange('CREATE', '*.a.preview.test'),
      aChange('CREATE', 'a.preview.test', ['"owner=us"'], 'TXT'),
      aChange('CREATE', 'a.preview.test'),
    );
    const HostedZoneId = zoneOf(world);
    const pages = await pagesOf(world.route53, HostedZoneId);
    const listed = pages.map(({ ResourceRecordSets = [] }) =>
      ResourceRecordSets.map(({ Name, Type }) => `${Name} ${Type}`),
    );
    assert.deepEqual(listed, [
      ['preview.test. NS', 'preview.test. SOA', 'a.preview.test. A'],
      ['a.preview.test. TXT', '\\052.a.preview.test. A', 'z.a.preview.test. A'],
      ['b.preview.test. A'],
    ]);
    const from = await world.route53.send(
      new ListResourceRecordSetsCommand({
        HostedZoneId,
        StartRecordName: 'A.preview.test',
        StartRecordType: 'TXT',
        MaxItems: 1,
      }),
    );
    assert.deepEqual(
      [from.ResourceRecordSets?.[0]?.Type, from.IsTruncated, from.NextRecordName],
      ['TXT', true, '\\052.a.preview.test.'],
    );
    const typeOnly = new ListResourceRecordSetsCommand({ HostedZoneId, StartRecordType: 'TXT' });
    assert.equal(await refusal(world.route53.send(typeOnly)), 'InvalidInput 400');
  });

  test('zones are found from a name on, and one with records of its own cannot go', async () => {
    await using world = await openCloudWorld({ zones: ['preview.test', 'a.test', 'b.preview.test'] });
    const { route53 } = world;
    const byName = async (DNSName?: string): Promise<unknown> =>
      (await route53.send(new ListHostedZonesByNameCommand({ DNSName }))).HostedZones?.map(({ Name }) => Name);
    assert.deepEqual(await byName(), ['a.test.', 'preview.test.', 'b.preview.test.']);
    assert.deepEqual(
      await byName('nothing.test'),
      ['preview.test.', 'b.preview.test.'],
      'what follows, not what is named',
    );
    const first = await route53.send(new ListHostedZonesCommand({ MaxItems: 2 }));
    const second = await route53.send(new ListHostedZonesCommand({ MaxItems: 2, Marker: first.NextMarker }));
    assert.deepEqual([first.HostedZones?.length, second.HostedZones?.length, second.IsTruncated], [2, 1, false]);

    const { HostedZone } = await route53.send(
      new CreateHostedZoneCommand({ Name: 'new.test', CallerReference: 'once' }),
    );
    const Id = HostedZone?.Id ?? '';
    const again = new CreateHostedZoneCommand({ Name: 'new.test', CallerReference: 'once' });
    assert.equal(await refusal(route53.send(again)), 'HostedZoneAlreadyExists 409');
    const add = { HostedZoneId: Id, ChangeBatch: { Changes: [aChange('CREATE', 'x.new.test')] } };
    await route53.send(new ChangeResourceRecordSetsCommand(add));
    assert.equal((await route53.send(new GetHostedZoneCommand({ Id }))).HostedZone?.ResourceRecordSetCount, 3);
    assert.equal(await refusal(route53.send(new DeleteHostedZoneCommand({ Id }))), 'HostedZoneNotEmpty 400');
    const remove = { HostedZoneId: Id, ChangeBatch: { Changes: [aChange('DELETE', 'x.new.test')] } };
    await route53.send(new ChangeResourceRecordSetsCommand(remove));
    await route53.send(new DeleteHostedZoneCommand({ Id }));
    assert.equal(await refusal(route53.send(new GetHostedZoneCommand({ Id }))), 'NoSuchHostedZone 404');
  });
});
