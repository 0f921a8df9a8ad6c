import { gunzipSync } from 'node:zlib';
import { EC2, type Instance, type RunInstancesRequest } from '@aws-sdk/client-ec2';
import { Route53 } from '@aws-sdk/client-route-53';
import { until } from '../../demo/browse.ts';
import { machineStateFolder } from '../../src/domain/machine-script.ts';
import type { SeedWorld } from '../../testing/seed-stack/seed-world.ts';
import type { Times } from './times.ts';

const limitMs = 600_000;

/** The launch that the server asked for, to be asked for again, and the word of the machine's own database. */
export interface SameLaunch {
  readonly request: RunInstancesRequest;
  readonly userData: Uint8Array;
  readonly databaseWord: string;
}

/**
 * The same machine, script and commands, run side by side as well as a person can who starts each the moment that it can begin: clones
 * while the machine boots, names as soon as its address is known, Ansible beside the services.
 */
export async function byHand(world: SeedWorld, sha: string, launch: SameLaunch): Promise<Times> {
  const { cloud, hand, bind } = world;
  const common = { region: cloud.region, credentials: cloud.credentials };
  const ec2 = new EC2({ ...common, endpoint: cloud.endpoints.ec2 });
  const route53 = new Route53({ ...common, endpoint: cloud.endpoints.route53 });
  const [zoneId] = cloud.zones.keys();
  const names = ['api', 'app'].map((endpoint) => `${endpoint}-by-hand.${bind.zone}`);
  const claim = `by-hand-${Date.now()}`;
  const steps: Record<string, number> = {};
  const began = performance.now();
  const noted = async <Answer>(step: string, work: Promise<Answer>): Promise<Answer> => {
    const answer = await work;
    steps[step] = performance.now() - began;
    return answer;
  };

  const clones = Promise.all([noted('checkout', hand.clone('application')), noted('playbooks', hand.clone('ansible'))]);
  const { id, address } = await noted('machine', startMachine(ec2, launch, claim));
  const change = (action: 'UPSERT' | 'DELETE') => changeNames(route53, zoneId ?? '', { names, address, action });
  const named = noted('dns', change('UPSERT'));
  await noted('ssh', sendSettings(world, address, claim, launch));
  const services = noted('services', untilServicesAnswer(world, address, claim));
  const [application, ansible] = await clones;
  const variables = { database_name: 'shop', database_user: 'shop', database_password: launch.databaseWord };
  await Promise.all([services, noted('configure', hand.configure(address, variables, ansible))]);
  await noted('deploy', hand.deployRewritten(address, sha, application));
  await named;
  await noted('health', untilServed(world, names[1] ?? '', sha));
  const totalMs = performance.now() - began;

  await change('DELETE');
  await ec2.terminateInstances({ InstanceIds: [id] });
  await until('the machine to go', limitMs, async () => (cloud.alive.length === 0 ? true : undefined));
  ec2.destroy();
  route53.destroy();
  return { totalMs, steps };
}

async function startMachine(
  ec2: EC2,
  { request, userData }: SameLaunch,
  claim: string,
): Promise<{ id: string; address: string }> {
  const [a, b] = userData;
  const script = (a === 0x1f && b === 0x8b ? gunzipSync(userData) : Buffer.from(userData)).toString();
  // As it stands in the quoted part of its user-data.
  const other = script.replace(/^claim=3D'.*'$/m, `claim=3D'${claim}'`);
  const started = await ec2.runInstances({
    ...request,
    ClientToken: claim,
    TagSpecifications: [],
    UserData: Buffer.from(other).toString('base64'),
  });
  const id = started.Instances?.[0]?.InstanceId ?? '';
  return until('the machine to run', limitMs, async () => {
    const { Reservations: found = [] } = await ec2.describeInstances({ InstanceIds: [id] });
    const one: Instance | undefined = found[0]?.Instances?.[0];
    if (one?.State?.Name === 'running' && one.PublicIpAddress) return { id, address: one.PublicIpAddress };
    await pause(100);
    return undefined;
  });
}

interface Change {
  readonly names: readonly string[];
  readonly address: string;
  readonly action: 'UPSERT' | 'DELETE';
}

async function changeNames(route53: Route53, zoneId: string, { names, address, action }: Change): Promise<void> {
  const { ChangeInfo: info } = await route53.changeResourceRecordSets({
    HostedZoneId: zoneId,
    ChangeBatch: {
      Changes: names.map((Name) => ({
        Action: action,
        ResourceRecordSet: { Name, Type: 'A', TTL: 5, ResourceRecords: [{ Value: address }] },
      })),
    },
  });
  const id = info?.Id?.replace('/change/', '') ?? '';
  await until('the names to be everywhere', limitMs, async () => {
    const { ChangeInfo: now } = await route53.getChange({ Id: id });
    if (now?.Status === 'INSYNC') return true;
    await pause(100);
    return undefined;
  });
}

/** As the very first login, so that no other comes before it. */
async function sendSettings(
  { bed, hand }: SeedWorld,
  address: string,
  claim: string,
  { databaseWord }: SameLaunch,
): Promise<void> {
  const folder = `${machineStateFolder}/${claim}.settings`;
  const files = {
    'mysql.env': `MYSQL_ROOT_PASSWORD=${databaseWord}\nMYSQL_DATABASE=shop\nMYSQL_USER=shop\nMYSQL_PASSWORD=${databaseWord}\n`,
    'mysql.dump': `MYSQL_PWD=${bed.staging.password}\n`,
    'redis.env': '',
    'memcached.env': '',
  };
  const lines = Object.entries(files).map(([name, text]) => `printf %s '${text}' >${folder}/${name}`);
  const program = ['umask 077', `mkdir -p ${folder}`, ...lines, `: >${folder}/complete`, ''].join('\n');
  await until('the machine to let us in', limitMs, () =>
    hand.ssh(address, 'sudo sh -es', program).then(
      () => true,
      async () => {
        await pause(100);
        return undefined;
      },
    ),
  );
}

async function untilServicesAnswer({ hand }: SeedWorld, address: string, claim: string): Promise<void> {
  const state = `${machineStateFolder}/${claim}.state`;
  const wait = `until grep -Eq "^(done|failed)" ${state} 2>/dev/null; do sleep 0.1; done; cat ${state}`;
  const said = await hand.ssh(address, `sudo sh -c '${wait}'`);
  if (!said.startsWith('done'))
    throw new Error(
      `by hand the services: ${said}\n${await hand.ssh(address, `sudo tail ${machineStateFolder}/${claim}.log`)}`,
    );
}

async function untilServed({ bind }: SeedWorld, name: string, sha: string): Promise<void> {
  const [address = ''] = await bind.dig(name, 'A');
  await until('the URL to answer at this commit', limitMs, async () => {
    const answer = await fetch(`http://${address}/revision`, { headers: { host: name } });
    if ((await answer.text()).trim() === sha && answer.ok) return true;
    await pause(50);
    return undefined;
  });
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
