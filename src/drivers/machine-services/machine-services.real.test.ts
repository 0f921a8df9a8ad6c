import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { aCall, aClaim } from '../../../testing/builders.ts';
import { settleInRealTime } from '../../../testing/conformance/settle.ts';
import { noBed } from '../../../testing/machine-bed/no-bed.ts';
import { type MachineBed, openMachineBed } from '../../../testing/machine-bed/open-machine-bed.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import type { MachineRecipe, MachineServiceRecipe } from '../../domain/machine-recipe.ts';
import { claimedScript, machineScript } from '../../domain/machine-script.ts';
import { systemClock } from '../../kit/clock.ts';
import { runCommand } from '../../kit/run-command.ts';
import { Secret } from '../../kit/secret.ts';
import { signIn } from '../../kit/ssh/first-login.ts';
import { remoteRoot } from '../../kit/ssh/remote-run.ts';
import { type SshLogin, writeLogin } from '../../kit/ssh/ssh-login.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import { type MachineServices, machineServices } from './machine-services.ts';

const limits = { skip: noBed, timeout: 600_000 };
const machineClaim = 'shop-7_machine.3f9a2c1d_1';
/** A table that the options of `mysqldump` leave out. */
const leftOut = 'ar_internal_metadata';

let bed: MachineBed;
let folder: string;
let driver: MachineServices;
let login: SshLogin;
let generation = 0;

type Services = MachineRecipe['services'];

const mysqlWith = (over: Partial<MachineServiceRecipe> = {}): MachineServiceRecipe => ({
  image: 'mysql:5.6',
  port: 3306,
  env: { MYSQL_ROOT_PASSWORD: { secret: 'root' }, MYSQL_DATABASE: 'shop' },
  config: "[mysqld]\ncharacter-set-server = utf8mb4\n# it's $HOME `id`\n",
  data: {
    source: 'staging',
    from: {
      ...{ by: 'mysqldump', host: bed.staging.host, port: bed.staging.port, user: bed.staging.user },
      ...{ password: { secret: 'staging' }, database: bed.staging.database },
      options: ['--single-transaction', `--ignore-table=${bed.staging.database}.${leftOut}`],
    },
  },
  ...over,
});
const others: Services = {
  redis: { image: 'redis:3.2', port: 6379, env: {}, config: 'maxmemory 64mb\nprotected-mode no\n' },
  memcached: { image: 'memcached:1.4', port: 11_211, env: {} },
};
const scriptOf = (services: Services): string =>
  machineScript({ recipe: { services, memoryDiskMb: 512 }, dataVersions: {} });
const filesOf = (services: Services) => ({
  ...Object.fromEntries(Object.entries(services).map(([name, { env }]) => [`${name}.env`, { ...env }])),
  ...(services['mysql'] ? { 'mysql.dump': { MYSQL_PWD: { secret: 'staging' } } } : {}),
});

/** Makes the next generation, on the machine as it is, and answers how that ended. */
async function next(services: Services): Promise<Observation> {
  generation += 1;
  const claim = aClaim({ role: 'services.3f9a2c1d', generation });
  const files = JSON.parse(JSON.stringify(filesOf(services)));
  const spec = { ssh: login.config, host: login.host, machineClaim, files, script: scriptOf(services) };
  if (generation > 1) {
    await driver.destroy({ ...claim, generation: generation - 1 }, aCall());
    await settleInRealTime(40_000)(
      async () => (await driver.observe({ ...claim, generation: generation - 1 }, spec, aCall())).is === 'absent',
    );
  }
  await driver.create(claim, spec, aCall());
  let seen: Observation = { is: 'absent' };
  await settleInRealTime(240_000)(async () => {
    seen = await driver.observe(claim, spec, aCall());
    return seen.is === 'ready' || seen.is === 'broken';
  });
  return seen;
}
const logText = async (): Promise<string> =>
  (await driver.readLog(aClaim({ role: 'services.3f9a2c1d', generation }), 0, aCall())).text;
const onMachine = async (text: string, timeLimitMs = 30_000): Promise<string> =>
  (await remoteRoot(login, text, { doing: 'looking', timeLimitMs })).stdout.trim();

before(async () => {
  if (noBed !== false) return;
  bed = await openMachineBed({ say: (line) => process.stderr.write(`${line}\n`) });
  folder = await mkdtemp(join(tmpdir(), 'wizard-services-real-'));
  await runCommand(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')], { timeLimitMs: 10_000 });
  const key = new Secret(await readFile(join(folder, 'key'), 'utf8'));
  const privateIp = bed.addresses.privateIps[0] ?? '';
  const userData = Buffer.from(claimedScript(scriptOf({ mysql: mysqlWith(), ...others }), machineClaim));
  const publicKey = await readFile(join(folder, 'key.pub'), 'utf8');
  await bed.machines.start({ id: 'i-0123456789abcdef1', privateIp, publicKey, keyName: 'preview', userData });
  const about = { host: privateIp, port: 22, user: 'debian', key, hostKeys: [], entry: 'machines.preview' };
  login = await writeLogin(join(folder, 'login'), about);
  await settleInRealTime(60_000)(() =>
    signIn(login, {}).then(
      () => true,
      () => false,
    ),
  );
  driver = machineServices({
    dataDir: join(folder, 'data'),
    secrets: { root: new Secret('root-of-shop-7'), staging: new Secret(bed.staging.password) },
    presign: () => assert.fail('nothing is in S3'),
    ...{ shared: { changed: () => undefined }, clock: systemClock, log: silentLog() },
  });
}, limits);

after(async () => {
  await driver?.close();
  assert.deepEqual((await bed?.close()) ?? [], []);
  if (folder) await rm(folder, { recursive: true });
}, limits);

test('user-data brings the services up with rows of staging, all in memory', limits, async (context) => {
  const began = performance.now();
  const run = `/run/shining-wizard/${machineClaim}`;
  const isHere = `timeout 240 sh -c "until grep -qs 'mysql: the dump is here' ${run}.log; do sleep 0.05; done"`;
  const [seen, settings] = await Promise.all([
    next({ mysql: mysqlWith(), ...others }),
    onMachine(`${isHere} && ls ${run}.settings`, 260_000),
  ]);
  assert.deepEqual(
    settings.split('\n').filter((name) => name.startsWith('mysql')),
    ['mysql.env'],
    'no password of staging',
  );
  context.diagnostic(`services: ${((performance.now() - began) / 1000).toFixed(1)} s\n${await logText()}`);
  assert.deepEqual(seen, { is: 'ready', facts: {}, drift: [] });
  assert.match(await onMachine(`cat /run/shining-wizard/${machineClaim}.state`), /^done 0/);
  const count = 'docker exec mysql mariadb -uroot -proot-of-shop-7 -N shop -e "select count(*) from reviews"';
  assert.equal(await onMachine(count), await bed.staging.ask('select count(*) from reviews'));
  const tables = (await onMachine('docker exec mysql mariadb -uroot -proot-of-shop-7 -N shop -e "show tables"')).split(
    '\n',
  );
  assert.deepEqual([tables.includes('reviews'), tables.includes(leftOut)], [true, false], 'as the options say');
  assert.equal(await onMachine('findmnt -rnb -o FSTYPE,SIZE /mem'), `tmpfs ${512 * 1024 * 1024}`);
  const mounts = 'docker inspect --format "{{range .Mounts}}{{println .Source .Destination}}{{end}}" mysql | sort';
  assert.deepEqual((await onMachine(mounts)).split('\n'), [
    '/mem/mysql/conf /etc/mysql/conf.d',
    '/mem/mysql/data /var/lib/mysql',
    '/mem/mysql/initdb /docker-entrypoint-initdb.d',
  ]);
  assert.equal(await onMachine('redis-cli config get maxmemory | tail -1'), '67108864');
  assert.equal(await onMachine("find /run/shining-wizard -name '*.settings'"), '');
});

test('the services are made anew on the same machine', limits, async () => {
  const seen = await next({ mysql: mysqlWith({ config: '[mysqld]\nmax-connections = 77\n' }) });
  assert.equal(seen.is, 'ready');
  const ask = 'docker exec mysql mariadb -uroot -proot-of-shop-7 -N -e "select @@max_connections"';
  assert.equal(await onMachine(ask), '77');
  assert.equal(await onMachine('docker ps -aq --filter name=redis'), '');
});

test('a setting that the database does not know fails with its own words, for the author', limits, async () => {
  const seen = await next({ mysql: mysqlWith({ config: '[mysqld]\nno-such-setting = 1\n' }) });
  assert.ok(seen.is === 'broken');
  assert.equal(seen.remedy, 'change-input', seen.note);
  assert.match(seen.note, /mysql: its container ended by itself/);
  assert.ok(
    seen.lastLines?.some((line) => line.includes('no-such-setting')),
    JSON.stringify(seen.lastLines),
  );
});

test('an image that is not there fails for the author', limits, async () => {
  const seen = await next({ cache: { image: 'no-such-image:1', port: 7000, env: {} } });
  assert.ok(seen.is === 'broken');
  assert.equal(seen.remedy, 'change-input', seen.note);
  assert.ok(
    seen.lastLines?.some((line) => line.includes('no-such-image')),
    JSON.stringify(seen.lastLines),
  );
});

test('a password that staging refuses, and a staging that is not there, are for the operator', limits, async () => {
  const from = { ...mysqlWith().data?.from, user: 'nobody' } as NonNullable<MachineServiceRecipe['data']>['from'];
  const refused = await next({ mysql: mysqlWith({ data: { source: 'staging', from } }) });
  assert.ok(refused.is === 'broken');
  assert.equal(refused.remedy, 'fix-setup', `${refused.note}\n${await logText()}`);
  await bed.staging.disconnect();
  const unreachable = await next({ mysql: mysqlWith() });
  await bed.staging.reconnect();
  assert.ok(unreachable.is === 'broken');
  assert.equal(unreachable.remedy, 'fix-setup', unreachable.note);
  assert.match(unreachable.note, /cannot be reached from this machine/);
});

test('a dump without its last line was cut off, and may go better another time', limits, async () => {
  const from = { ...mysqlWith().data?.from, options: ['--skip-dump-date'] } as NonNullable<
    MachineServiceRecipe['data']
  >['from'];
  // The same image with a mysqldump that ends early and well.
  await onMachine(`mkdir -p /srv/cut && printf 'FROM mysql:5.6\\nRUN printf "#!/bin/sh\\\\necho CREATE TABLE t\\\\n" >/usr/bin/mysqldump; chmod 755 /usr/bin/mysqldump\\n' >/srv/cut/Dockerfile
    docker build -q -t mysql:cut /srv/cut`);
  const seen = await next({ mysql: mysqlWith({ image: 'mysql:cut', data: { source: 'staging', from } }) });
  assert.ok(seen.is === 'broken');
  assert.equal(seen.remedy, 'try-again', `${seen.note}\n${await logText()}`);
  assert.match(seen.note, /cut off in the middle/);
});

test('a container that somebody took away is missed', limits, async () => {
  assert.equal((await next(others)).is, 'ready');
  await onMachine('docker rm -f redis');
  const claim = aClaim({ role: 'services.3f9a2c1d', generation });
  const seen = await driver.observe(claim, {}, aCall());
  assert.ok(seen.is === 'broken' && seen.remedy === 'try-again');
  assert.match(seen.note, /redis does not run any more/);
});
