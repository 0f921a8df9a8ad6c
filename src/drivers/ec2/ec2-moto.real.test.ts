import { after, before, describe } from 'node:test';
import { EC2 } from '@aws-sdk/client-ec2';
import { resourceLaws } from '../../../testing/conformance/resource-laws.ts';
import type { ResourceWorld } from '../../../testing/conformance/resource-world.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { type MotoServer, motoIsThere, startMoto } from '../../../testing/moto-server.ts';
import { realPart } from '../../../testing/real-part.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { type Claim, claimName } from '../../domain/claim.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { ec2Machines } from './ec2-machines.ts';
import { oursInTests } from './ec2-test-world.ts';
import { claimTag } from './instance.ts';

async function motoWorld(moto: MotoServer): Promise<ResourceWorld> {
  await moto.reset();
  const { url: endpoint, region, credentials } = moto;
  const accessKey = { id: credentials.accessKeyId, secret: new Secret(credentials.secretAccessKey) };
  const ec2 = new EC2({ region, endpoint, credentials });
  const open = (): ResourceDriver =>
    ec2Machines({
      accounts: { preview: { region, endpoint, accessKey } },
      instance: oursInTests,
      silent: new Map(),
      clock: systemClock,
      log: silentLog(),
    });
  const { Images = [] } = await ec2.describeImages({ Owners: ['amazon'] });
  const spec = { machine: 'preview', image: Images[0]?.ImageId ?? '', types: ['m5.large'], userData: '@CLAIM@' };
  const alive = async (claim: Claim): Promise<string[]> => {
    const { Reservations = [] } = await ec2.describeInstances({
      Filters: [
        { Name: `tag:${claimTag}`, Values: [claimName(claim)] },
        { Name: 'instance-state-name', Values: ['pending', 'running', 'stopping', 'stopped'] },
      ],
    });
    return Reservations.flatMap(({ Instances = [] }) => Instances.map(({ InstanceId = '' }) => InstanceId));
  };
  return {
    driver: open(),
    reopen: open,
    spec,
    otherSpec: { ...spec, power: 'off' },
    deleteBehindBack: async (claim) => void (await ec2.terminateInstances({ InstanceIds: await alive(claim) })),
    count: async (claim) => (await alive(claim)).length,
    secrets: [credentials.secretAccessKey],
    settle: settleInRealTime(10_000),
    timeToSettleMs: 10_000,
    close: async () => ec2.destroy(),
  };
}

/** Moto is another's idea of EC2's answers; what else can happen to machines is done to them in ec2-laws. */
const triedAtTheLocalCloud = Object.fromEntries(
  [
    "a stranger's resource is never listed and never touched",
    'half-made is never ready and never an exception, and can be destroyed',
    'bad credentials, a refused size and a dropped connection give the right remedy',
  ].map((law) => [law, 'it is tried at the local cloud, in ec2-laws']),
);

describe('moto', { skip: realPart('moto is not there: run scripts/install-moto.sh', motoIsThere) }, () => {
  let moto: MotoServer | undefined;
  before(async () => {
    moto = await startMoto();
  });
  after(() => moto?.close());
  resourceLaws({
    name: 'ec2 before moto',
    cannot: triedAtTheLocalCloud,
    newWorld: async () => {
      if (!moto) throw new Error('moto was not started');
      return motoWorld(moto);
    },
  });
});
