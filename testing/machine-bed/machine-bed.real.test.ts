import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import { settleInRealTime } from '../conformance/settle.ts';
import type { CloudMachines } from '../local-cloud/cloud-machines.ts';
import { byHand, type Hand } from './by-hand.ts';
import { docker } from './docker.ts';
import { noBed } from './no-bed.ts';
import { type MachineBed, openMachineBed } from './open-machine-bed.ts';

const limits = { skip: noBed, timeout: 600_000 };

const id = 'i-0123456789abcdef0';
const stoppedId = 'i-0fedcba9876543210';
const hangingImage = 'ami-00000000000000bad';

let bed: MachineBed & { readonly machines: CloudMachines };
let hand: Hand;
let address: string;

/** How long a step took is the reason for having this bed: said in the test's diagnostics. */
async function timed<Answer>(say: (line: string) => void, what: string, step: () => Promise<Answer>): Promise<Answer> {
  const began = performance.now();
  const answer = await step();
  say(`${what}: ${((performance.now() - began) / 1000).toFixed(1)} s`);
  return answer;
}

const userData = ({ host, user, password, database }: MachineBed['staging']): Uint8Array =>
  Buffer.from(`#!/bin/bash
set -ex
mkdir /mem && echo 'tmpfs /mem tmpfs size=1g,mode=0755 0 0' >>/etc/fstab && mount /mem
mkdir -p /mem/dump /mem/data
mysqldump --host=${host} --user=${user} --password=${password} --single-transaction ${database} >/mem/dump/shop.sql
docker run --detach --name mysql --publish 127.0.0.1:3306:3306 --env MYSQL_ROOT_PASSWORD=own --env MYSQL_DATABASE=shop \\
  --env MYSQL_USER=shop --env MYSQL_PASSWORD=own --volume /mem/dump:/docker-entrypoint-initdb.d --volume /mem/data:/var/lib/mysql mysql:5.6
docker run --detach --name redis --publish 127.0.0.1:6379:6379 redis:3.2
docker run --detach --name memcached --publish 127.0.0.1:11211:11211 memcached:1.4
until mysql --host=127.0.0.1 --user=shop --password=own shop --execute 'select count(*) from reviews'; do sleep 0.2; done
`);

before(async () => {
  if (noBed !== false) return;
  bed = await openMachineBed({
    kinds: { [hangingImage]: 'never-boots' },
    say: (line) => process.stderr.write(`${line}\n`),
  });
  hand = await byHand(bed);
}, limits);

after(async () => {
  await hand?.close();
  await bed?.close();
}, limits);

test('a machine boots, learns its key and runs its user-data from the metadata service', limits, async (context) => {
  const say = context.diagnostic.bind(context);
  const privateIp = bed.nextAddress('private');
  const publicIp = bed.nextAddress('public');
  const about = { id, privateIp, publicIp, publicKey: hand.publicKey, keyName: 'preview', tokensRequired: true };
  const machine = await timed(say, 'started', () => bed.machines.start({ ...about, userData: userData(bed.staging) }));
  address = machine.addresses.publicIp ?? '';
  assert.equal(address, publicIp);
  await timed(say, 'reached by SSH', () => hand.reach(address));
  const status = await timed(say, 'user-data done', () => hand.ssh(address, 'cloud-init status --wait; cloud-id'));
  assert.match(status, /status: done\n.*aws/s);
  assert.ok(bed.machines.metadataAsked(id).includes('PUT /latest/api/token 200'));
  const hostKey = await hand.ssh(address, 'cut -d" " -f1,2 /etc/ssh/ssh_host_ed25519_key.pub');
  await settleInRealTime(10_000)(async () => (await bed.machines.consoleOutput(id)).includes(hostKey));
});

test('what belongs to the machine does not answer to the containers in it', limits, async () => {
  const ask = 'curl --silent --max-time 2 --request PUT --header "X-aws-ec2-metadata-token-ttl-seconds: 60"';
  const url = 'http://169.254.169.254/latest/api/token';
  assert.notEqual(await hand.ssh(address, `${ask} ${url}`), '');
  // A network namespace joined by the engine's bridge, as a container is.
  const join = 'sudo nsenter --net --target "$(sudo docker inspect --format {{.State.Pid}} redis)"';
  assert.equal(await hand.ssh(address, `${join} ${ask} ${url} || echo no answer`), 'no answer');
});

test(
  'Ansible and Capistrano bring the application there, at the commit, with rows of staging',
  limits,
  async (context) => {
    const say = context.diagnostic.bind(context);
    const variables = { database_name: 'shop', database_user: 'shop', database_password: 'own' };
    const recap = await timed(say, 'configured', () => hand.configure(address, variables));
    assert.match(recap, /failed=0/);
    const { application } = bed.repositories;
    await timed(say, 'deployed', () => hand.deploy(address, application.head));
    // While the web process restarts nginx answers for it.
    const state = async (): Promise<Record<string, unknown>> => {
      const answer = await fetch(`http://${address}/state`);
      return answer.ok ? ((await answer.json()) as Record<string, unknown>) : {};
    };
    await timed(say, 'answers', () =>
      settleInRealTime(30_000)(async () => (await fetch(`http://${address}/revision`)).status === 200),
    );
    const first = await state();
    assert.equal(first['revision'], application.head);
    assert.equal(String(first['reviews']), await bed.staging.ask('select count(*) from reviews'));
    assert.match(String(first['columns']), /\bnote\b/);
    await fetch(`http://${address}/reservations`, { method: 'POST' });
    await settleInRealTime(30_000)(async () => (await state())['confirmed'] === 10_001);
    assert.equal(await bed.staging.ask('select count(*) from reservations'), '10000');

    const pushed = await application.commit('refs/pull/7/head', { 'public/news.txt': 'pushed\n' }, application.head);
    await timed(say, 'deployed again', () => hand.deployRewritten(address, pushed));
    await settleInRealTime(30_000)(async () => (await state())['revision'] === pushed);
    assert.equal(await (await fetch(`http://${address}/news.txt`)).text(), 'pushed\n');
    assert.equal((await state())['confirmed'], 10_001);
  },
);

test('staging can be taken off the network and comes back with its rows', limits, async () => {
  const { host, port } = bed.staging;
  const answers = async (): Promise<boolean> => {
    const socket = connect({ host, port, timeout: 1000 });
    const first = await Promise.race(
      ['connect', 'error', 'timeout'].map((event) => once(socket, event).then(() => event)),
    ).catch(() => 'error');
    socket.destroy();
    return first === 'connect';
  };
  assert.equal(await answers(), true);
  await bed.staging.disconnect();
  assert.equal(await answers(), false);
  await bed.staging.reconnect();
  await settleInRealTime(10_000)(answers);
  assert.equal(await bed.staging.ask('select count(*) from restaurants'), '500');
});

test('a stopped machine keeps its disk and loses its memory', limits, async () => {
  const privateIp = bed.nextAddress('private');
  const script =
    '#!/bin/sh\nmkdir /mem && echo "tmpfs /mem tmpfs size=9m 0 0" >>/etc/fstab && mount /mem && touch /mem/lost /srv/kept\n';
  const about = { id: stoppedId, privateIp, publicIp: bed.nextAddress('public'), publicKey: hand.publicKey };
  await bed.machines.start({ ...about, userData: Buffer.from(script) });
  await hand.reach(about.publicIp);
  await hand.ssh(about.publicIp, 'cloud-init status --wait && test -e /mem/lost');
  await bed.machines.stop(stoppedId);
  const { publicIp = '' } = (await bed.machines.startAgain(stoppedId)).addresses;
  assert.notEqual(publicIp, about.publicIp);
  await hand.reach(publicIp);
  assert.equal(await hand.ssh(publicIp, 'ls /srv/kept /mem; findmnt -n -o FSTYPE /mem'), '/srv/kept\n\n/mem:\ntmpfs');
});

test('a machine that is switched off from inside says so', limits, async () => {
  const id = 'i-00000000000000off';
  const privateIp = bed.nextAddress('private');
  const script = '#!/bin/sh\npoweroff\n';
  const { ended } = await bed.machines.start({ id, privateIp, userData: Buffer.from(script) });
  await ended;
  await bed.machines.terminate(id);
});

test('an image that never boots starts, and nothing answers', limits, async () => {
  const id = 'i-00000000000000bad';
  const privateIp = bed.nextAddress('private');
  await bed.machines.start({ id, privateIp, imageId: hangingImage, userData: Buffer.alloc(0) });
  await assert.rejects(hand.ssh(privateIp, 'true'));
  await bed.machines.terminate(id);
});

test('a terminated machine is gone, and closing leaves nothing', limits, async () => {
  await bed.machines.terminate(id);
  await assert.rejects(fetch(`http://${address}/revision`, { signal: AbortSignal.timeout(3000) }));
  assert.deepEqual(await bed.close(), []);
  assert.equal(await docker(['ps', '--all', '--quiet', '--filter', `label=machine-bed=${bed.runId}`]), '');
});
