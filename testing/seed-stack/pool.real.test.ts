import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { parse, stringify } from 'yaml';
import { bedImages } from '../machine-bed/bed-cloud.ts';
import { noBed } from '../machine-bed/no-bed.ts';
import { addressIn, eventually, stepIn, untilLiveAt } from './seed-watch.ts';
import { opening, openSeedWorld, type SeedWorld } from './seed-world.ts';

const limits = { skip: noBed, timeout: 300_000 };

let world: SeedWorld;
let recipe: string;
/** Two hosts that somebody has set up long ago. */
let hosts: readonly string[];
let first: string;

before(async () => {
  if (noBed !== false) return;
  world = await openSeedWorld({
    recipe: (text) => {
      recipe = text.replace('4GB', '1GB').replace('512M', '64M').replace('machine: preview', 'machine: rack');
      return recipe;
    },
  });
  hosts = await Promise.all(['rack1', 'rack2'].map(aHost));
  await writeFile(world.configPath, withPool(await readFile(world.configPath, 'utf8')));
  await world.start();
}, opening);

after(() => world?.closeAll(), limits);

async function aHost(id: string): Promise<string> {
  const { bed, hand } = world;
  const privateIp = bed.nextAddress('private');
  const about = { imageId: bedImages.full, userData: Buffer.alloc(0), publicKey: hand.publicKey };
  await bed.machines.start({ id, privateIp, ...about });
  await hand.reach(privateIp);
  return privateIp;
}

/** What the playbook and the deploys leave is for the operator to know. */
const clean = [
  'sudo systemctl disable --now shop-web.socket shop-web shop-worker',
  'sudo rm -rf /srv/shop /etc/nginx/sites-enabled/shop /etc/systemd/system/shop-*',
  'sudo systemctl reload nginx',
].join('; ');

function withPool(text: string): string {
  const config = parse(text);
  config.machines.rack = {
    kind: 'ssh',
    hosts,
    user: 'debian',
    'ssh-key': config.machines.preview['ssh-key'],
    clean: ['sh', '-c', clean],
  };
  config.repositories[0].allow.machines = ['rack'];
  config.repositories[0]['recipe-from'] = 'head';
  return stringify(config);
}

/** Deploys as a script of one's own may: the commit into a folder, the migrations, the link, the restart. */
const script = `set -e
ssh machine sh -es "$WIZARD_REVISION" "$1" <<'END'
release=/srv/shop/releases/$1
git clone --quiet "$2" "$release"
cd "$release"
git checkout --quiet "$1"
mkdir -p /srv/shop/shared/log /srv/shop/shared/tmp/pids tmp
ln -sfn /srv/shop/shared/.env .env
ln -sfn /srv/shop/shared/log log
ln -sfn /srv/shop/shared/tmp/sockets tmp/sockets
ln -sfn /srv/shop/shared/tmp/pids tmp/pids
RAILS_ENV=production bundle exec rake db:migrate </dev/null
echo "$1" >REVISION
ln -sfn "$release" /srv/shop/current
sudo --non-interactive /usr/bin/systemctl restart shop-web shop-worker
END
`;

const byScript = (url: string): string =>
  recipe.replace(/^ {2}capistrano:\n(?: {4}.*\n)+/m, (text) => {
    const proof = /^ *revision-file: .*\n/m.exec(text)?.[0] ?? '';
    return `  shell:\n    run: [sh, deploy.sh, "${url}"]\n${proof}`;
  });

test(
  'two pull requests take a host each and are live at their heads, one by Capistrano, one by a script',
  limits,
  async (context) => {
    const began = performance.now();
    const [seven, eight] = await Promise.all([
      world.open(7),
      world.open(8, { '.wizard.yml': byScript(world.bed.repositories.application.url), 'deploy.sh': script }),
    ]);
    const lives = [await untilLiveAt(world, 7, seven), await untilLiveAt(world, 8, eight)];
    context.diagnostic(`both live after ${((performance.now() - began) / 1000).toFixed(1)} s`);
    assert.deepEqual(lives.map(addressIn).sort(), [...hosts].sort());
    assert.deepEqual(
      lives.map((one) => stepIn(one, 'deploy')?.kind),
      ['capistrano', 'shell'],
    );
    for (const [number, head] of [
      [7, seven],
      [8, eight],
    ] as const) {
      const seen = await world.visit('app', number, '/revision');
      assert.equal((await seen?.text())?.trim(), head);
    }
    assert.deepEqual(world.cloud.instances, [], 'no machine was bought');
    first = lives[0] ? addressIn(lives[0]) : '';
  },
);

test('a third waits until one is closed, whose host comes back clean', limits, async (context) => {
  const head = await world.open(9);
  await eventually('9 to wait for a host', async () => {
    const step = stepIn(await world.find(9), 'machine');
    return step?.note.includes('taken') ? step : undefined;
  });
  const began = performance.now();
  await world.close(7);
  const closed = await world.reach(7, 'closed');
  assert.ok(closed.receipt?.resources.some(({ role }) => role.startsWith('machine')));
  assert.deepEqual(await world.leftBehind(7), []);
  const live = await untilLiveAt(world, 9, head);
  context.diagnostic(`live ${((performance.now() - began) / 1000).toFixed(1)} s after the other was closed`);
  assert.equal(addressIn(live), first, 'it has the host of the one that was closed');
  const deploys = (await world.hand.ssh(first, 'cat /srv/shop/revisions.log')).trim().split('\n');
  assert.equal(deploys.length, 1, 'nothing of the deploy before is there');
  assert.ok(deploys[0]?.includes(head.slice(0, 7)), deploys[0]);
});

test('closed, both hosts are as they were', limits, async () => {
  await Promise.all([world.close(8), world.close(9)]);
  await Promise.all([world.reach(8, 'closed'), world.reach(9, 'closed')]);
  assert.deepEqual([...(await world.leftBehind(8)), ...(await world.leftBehind(9))], []);
  for (const host of hosts) {
    const ours =
      'sudo sh -c "ls -A /var/lib/shining-wizard; ls -d /run/shining-wizard /srv/shop; findmnt -n /mem; docker ps -aq" 2>/dev/null || true';
    assert.equal((await world.hand.ssh(host, ours)).trim(), '', host);
  }
});
