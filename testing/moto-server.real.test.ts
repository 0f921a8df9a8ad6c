import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  CreateTagsCommand,
  DescribeImagesCommand,
  DescribeInstancesCommand,
  EC2Client,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  type Change,
  ChangeResourceRecordSetsCommand,
  CreateHostedZoneCommand,
  GetChangeCommand,
  ListHostedZonesByNameCommand,
  ListResourceRecordSetsCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { settleInRealTime } from './conformance/settle.ts';
import { noCloud, refusal } from './local-cloud/cloud-clients.ts';
import { startLocalCloud } from './local-cloud/start-local-cloud.ts';
import { motoIsThere, startMoto } from './moto-server.ts';
import { realPart } from './real-part.ts';

const settle = settleInRealTime(10_000);

interface Clients {
  readonly ec2: EC2Client;
  readonly route53: Route53Client;
}

function clientsOf(
  ec2Url: string,
  route53Url: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Clients {
  const common = { region: 'us-east-1', credentials, maxAttempts: 1 };
  return {
    ec2: new EC2Client({ ...common, endpoint: ec2Url }),
    route53: new Route53Client({ ...common, endpoint: route53Url }),
  };
}

/** An instance from its start to its end, as a client sees it. */
async function machineStory({ ec2 }: Clients): Promise<string[]> {
  const seen: string[] = [];
  const { Images = [] } = await ec2.send(new DescribeImagesCommand({}));
  const Tags = [{ Key: 'owner', Value: 'a&b <c>' }];
  const asked = {
    ImageId: Images[0]?.ImageId,
    InstanceType: 't3.large' as const,
    MinCount: 1,
    MaxCount: 1,
    ClientToken: 'one',
    TagSpecifications: [{ ResourceType: 'instance' as const, Tags }],
  };
  const { Instances = [] } = await ec2.send(new RunInstancesCommand(asked));
  const id = Instances[0]?.InstanceId ?? '';
  seen.push(`launched ${id.length} ${Instances[0]?.State?.Name}`);
  const look = async () => {
    const Filters = [{ Name: 'tag:owner', Values: ['a&b*'] }];
    const { Reservations = [] } = await ec2.send(new DescribeInstancesCommand({ Filters }));
    return Reservations.flatMap((one) => one.Instances ?? []).find(({ InstanceId }) => InstanceId === id);
  };
  const reaches = async (state: string): Promise<void> => {
    await settle(async () => (await look())?.State?.Name === state);
    const { PrivateIpAddress: address, Tags: tags } = (await look()) ?? {};
    const place = state === 'terminated' ? '' : ` at ${address === undefined ? 'no address' : 'an address'}`;
    seen.push(
      `${state}${place} with ${tags
        ?.map(({ Key, Value }) => `${Key}=${Value}`)
        .toSorted()
        .join()}`,
    );
  };
  await reaches('running');
  await ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: 'second', Value: '' }] }));
  await ec2.send(new StopInstancesCommand({ InstanceIds: [id] }));
  await reaches('stopped');
  await ec2.send(new StartInstancesCommand({ InstanceIds: [id] }));
  await reaches('running');
  await ec2.send(new TerminateInstancesCommand({ InstanceIds: [id] }));
  await reaches('terminated');
  const unknown = new DescribeInstancesCommand({ InstanceIds: ['i-0fffffffffffffff1'] });
  seen.push(await refusal(ec2.send(unknown)));
  return seen;
}

/** Records of a zone, as a client sees them. */
async function recordStory({ route53 }: Clients): Promise<string[]> {
  const seen: string[] = [];
  const { HostedZone } = await route53.send(
    new CreateHostedZoneCommand({ Name: 'story.test', CallerReference: 'story' }),
  );
  const HostedZoneId = HostedZone?.Id ?? '';
  const change = async (Action: Change['Action'], Type: 'A' | 'TXT', Name: string, Value: string): Promise<string> => {
    const ResourceRecordSet = { Name, Type, TTL: 60, ResourceRecords: [{ Value }] };
    const ChangeBatch = { Changes: [{ Action, ResourceRecordSet }] };
    const answer = route53.send(new ChangeResourceRecordSetsCommand({ HostedZoneId, ChangeBatch }));
    const refused = await refusal(answer);
    if (refused !== 'not refused') return refused;
    const { ChangeInfo } = await answer;
    await settle(
      async () => (await route53.send(new GetChangeCommand({ Id: ChangeInfo?.Id }))).ChangeInfo?.Status === 'INSYNC',
    );
    return 'in sync';
  };
  seen.push(await change('CREATE', 'A', 'api.story.test', '10.0.0.1'));
  // With another value moto would let it be created twice.
  seen.push(await change('CREATE', 'A', 'api.story.test', '10.0.0.1'));
  seen.push(await change('UPSERT', 'A', 'api.story.test', '10.0.0.2'));
  seen.push(await change('UPSERT', 'TXT', 'api.story.test', '"owner=us"'));
  seen.push(await change('CREATE', 'A', 'api.elsewhere.test', '10.0.0.2'));
  const { ResourceRecordSets = [] } = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId }));
  const ours = ResourceRecordSets.filter(({ Name }) => Name === 'api.story.test.');
  seen.push(...ours.map(({ Type, TTL, ResourceRecords = [] }) => `${Type} ${TTL} ${ResourceRecords[0]?.Value}`));
  seen.push(await change('DELETE', 'A', 'api.story.test', '10.0.0.2'));
  const { HostedZones = [] } = await route53.send(new ListHostedZonesByNameCommand({ DNSName: 'story.test' }));
  seen.push(`${HostedZones[0]?.Name} is ${HostedZones[0]?.Id === HostedZoneId ? 'it' : 'another'}`);
  return seen;
}

describe('moto beside the local cloud', { skip: realPart('moto is not installed', motoIsThere) || noCloud }, () => {
  test('the same story is seen at both, wherever moto does what AWS does', async () => {
    const moto = await startMoto();
    const cloud = await startLocalCloud();
    const theirs = clientsOf(moto.url, moto.url, moto.credentials);
    const ours = clientsOf(cloud.endpoints.ec2, cloud.endpoints.route53, cloud.credentials);
    try {
      assert.deepEqual(await machineStory(ours), await machineStory(theirs));
      assert.deepEqual(await recordStory(ours), await recordStory(theirs));
      await moto.reset();
      const { HostedZones } = await theirs.route53.send(new ListHostedZonesByNameCommand({}));
      assert.deepEqual(HostedZones, []);
    } finally {
      for (const client of [theirs.ec2, theirs.route53, ours.ec2, ours.route53]) client.destroy();
      await moto.close();
      await cloud.close();
    }
  });
});
