import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { settleInRealTime } from './conformance/settle.ts';
import { buildImages } from './machine-bed/build-images.ts';
import { docker, dockerLines } from './machine-bed/docker.ts';
import { noBed } from './machine-bed/no-bed.ts';
import { type MachineBed, openMachineBed } from './machine-bed/open-machine-bed.ts';
import { type RealServer, realServer } from './real-server.ts';
import { runWizard, startWizard } from './run-wizard.ts';

const limits = { skip: noBed, timeout: 600_000 };
const settle = settleInRealTime(180_000);

interface SeenSource {
  readonly current?: string;
  readonly bakes: readonly { readonly state: string; readonly by: string; readonly doing?: string }[];
}

let bed: MachineBed;
let server: RealServer;

before(async () => {
  if (noBed !== false) return;
  bed = await openMachineBed({ say: (line) => process.stderr.write(`${line}\n`), staging: { megabytes: 4 } });
  const { mysql } = await buildImages();
  const { host, port, user, database, password } = bed.staging;
  // It sleeps at each row, so that there is a middle to be killed in.
  const withoutId = ['ar_internal_metadata', 'schema_migrations'].map(
    (table) => `"--ignore-table=${database}.${table}"`,
  );
  const slow = `["--single-transaction", "--quick", ${withoutId.join(', ')}, "--where=sleep(0.001) = 0"]`;
  const bake = `bake: { image: "${bed.registryHere}/nightly", server: "${mysql}", database: shop }`;
  const from = (name: string, at: number, options: string): string =>
    `  ${name}:\n    mysql: { host: ${host}, port: ${at}, user: ${user}, password: "\${env:STAGING_PASSWORD}", database: ${database}, options: ${options} }\n    ${bake}\n`;
  server = await realServer({
    more: `data-sources:\n${from('staging', port, slow)}${from('nowhere', 1, '[]')}`,
    env: { STAGING_PASSWORD: password },
  });
  await server.start();
}, limits);

after(async () => {
  if (noBed !== false) return;
  const [images] = [await dockerLines([...imageFilter(), '--format', '{{.Repository}}:{{.Tag}}'])];
  await server?.close();
  if (images.length > 0) await docker(['image', 'rm', ...images]);
  assert.deepEqual(await bed?.close(), []);
}, limits);

const imageFilter = (): string[] => [
  'image',
  'ls',
  '--filter',
  `label=shining-wizard.baked=${server.instance}/staging`,
];
const containers = (): Promise<readonly string[]> =>
  dockerLines(['ps', '--all', '--quiet', '--filter', `label=shining-wizard.baking=${server.instance}/staging`]);
const source = async (name = 'staging'): Promise<SeenSource> => JSON.parse((await server.api(`data/${name}`)).body);
/** The command line beside the server, which it finds by the data directory. */
const words = (...given: string[]): string[] => ['data', ...given, '--config', `${server.folder}/wizard.yml`];
const env = { STAGING_PASSWORD: 'x' };

test(
  'a server that is killed in the middle of a bake leaves containers, and the next one bakes anew',
  limits,
  async () => {
    const asked = await runWizard(words('bake', 'staging', '--no-wait'), { env });
    assert.equal(asked.code, 0, asked.err);
    await settle(async () => (await source()).bakes[0]?.doing?.startsWith('loading the dump') === true);
    await server.kill();
    assert.notDeepEqual(await containers(), []);
    await server.start();
    await settle(async () => (await source()).current !== undefined);
    const { current, bakes } = await source();
    assert.deepEqual(
      bakes.map(({ state }) => state),
      ['complete', 'interrupted'],
    );
    assert.equal(bakes[0]?.by, bakes[1]?.by);
    assert.deepEqual(await containers(), []);
    const tags = await fetch(`http://${bed.registryHere}/v2/nightly/tags/list`);
    assert.deepEqual(((await tags.json()) as { tags: string[] }).tags, [current]);
  },
);

test(
  'the command line shows what there is, and follows a bake until Ctrl-C, which ends only that',
  limits,
  async () => {
    const { current = '' } = await source();
    const list = await runWizard(words('list'), { env });
    assert.match(list.out, new RegExp(`staging +baked +${current}`));
    assert.match(list.out, /nowhere +never baked +- /);
    const following = startWizard(words('bake', 'staging'), { env });
    await following.until(/loading the dump/);
    following.kill('SIGINT');
    assert.equal((await following.ended).code, 130);
    const logs = await runWizard(words('logs', 'staging', '--follow'), { env });
    assert.match(logs.out, /== complete: .*\/nightly:/);
    assert.notEqual((await source()).current, current);
  },
);

test('a bake that fails says why, with the last lines, and the exit code is that of a failure', limits, async () => {
  const { code, err } = await runWizard(words('bake', 'nowhere'), { env });
  assert.equal(code, 1);
  assert.match(err, /dumping the database shop_staging.*Can't connect/s);
  assert.match((await runWizard(words('list'), { env })).out, /nowhere +failed[\s\S]*Can't connect/);
  const json = JSON.parse((await runWizard(words('list', 'nowhere', '--json'), { env })).out);
  assert.equal(json.sources[0].bakes[0].failure.code, 'data/dump-failed');
});
