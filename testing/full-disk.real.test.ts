import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../demo/browse.ts';
import { processesOf } from '../demo/left-behind.ts';
import { openPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { appFiles, type RealServer, realServer } from './real-server.ts';
import { fillDisk, noSmallDisk, smallDisk } from './small-disk.ts';

const web = 'processes: { web: exec node web.mjs }\n';
const about = { skip: noSmallDisk, timeout: 120_000 };

async function opened(context: TestContext, megabytes: number): Promise<RealServer> {
  const dataDir = await smallDisk(context, megabytes);
  const server = await realServer({ dataDir });
  context.after(() => server.close());
  await server.start();
  await until('the reserve to be taken', 10_000, async () => existsSync(join(dataDir, 'reserve')) || undefined);
  return server;
}

async function open(server: RealServer, number: number, recipe: string, more: Record<string, string> = {}) {
  const sha = await server.commit({ ...appFiles(recipe), ...more });
  await openPull({ gitDir: server.gitDir(), number }, sha, { title: 'A change', author: 'mira' });
  assert.equal((await server.post(await server.webhook(number, 'opened'))).status, 202);
  return sha;
}

const freeMb = async (server: RealServer): Promise<number> => {
  const { bavail, bsize } = await statfs(server.dataDir);
  return (bavail * bsize) / 1024 ** 2;
};

/** The fault, as whoever looks at the environment is told it. */
async function saysFull(server: RealServer, id: string): Promise<void> {
  const { failure } = await server.reach(id, 'failed');
  assert.match(failure?.message ?? '', /the server's disk is full \([0-9.]+ MB of [0-9.]+ MB are free.*are needed\)/);
  const timeline = await server.api(`environments/${id}/timeline`);
  assert.match(timeline.body, /"parked".*disk is full/s);
  const page = await server.page(`app-${id}.localhost`, { accept: 'text/html' });
  assert.match(page.body, /disk is full/);
}

test(
  'a build that fills the disk is stopped and told so, and all goes on by itself when there is room',
  about,
  async (context) => {
    const server = await opened(context, 96);
    const flag = join(server.folder, 'be-kind');
    const fill = `while [ ! -e ${flag} ]; do head -c 4M /dev/zero >> fill 2>&- || true; done`;
    await open(server, 1, `build: [{ name: fills, run: ${JSON.stringify(fill)} }]\n${web}`);
    await saysFull(server, 'shop-1');
    assert.equal((await server.find('shop-1'))?.failure?.step, 'build-fills');
    assert.deepEqual(
      (await processesOf(server.instance)).filter((line) => line.includes('fill')),
      [],
      'it was stopped',
    );
    await open(server, 2, web);
    await saysFull(server, 'shop-2');

    await writeFile(flag, '');
    const checkouts = join(server.dataDir, 'checkouts');
    for (const name of await readdir(checkouts))
      if (!name.endsWith('.done')) await rm(join(checkouts, name, 'fill'), { force: true });
    await server.reach('shop-1', 'live');
    await server.reach('shop-2', 'live');
    await until(
      'the reserve to be taken again',
      10_000,
      async () => existsSync(join(server.dataDir, 'reserve')) || undefined,
    );
  },
);

test(
  'a webhook that comes when not a byte is free is taken and acted on when there is room',
  about,
  async (context) => {
    const server = await opened(context, 96);
    await open(server, 1, web);
    await server.reach('shop-1', 'live');
    const filler = join(server.dataDir, 'filler');
    fillDisk(filler);
    await open(server, 2, web);
    await saysFull(server, 'shop-2');
    const health = await server.api('../../healthz');
    assert.match(health.body, /"disk":{"is":"(full|low)","text":"[0-9.]+ MB of 96.0 MB are free"}/);
    await rm(filler);
    await server.reach('shop-2', 'live');
    assert.ok((await freeMb(server)) > 12);
  },
);

test(
  'a commit that does not fit the disk is not blamed, and its half checkout takes no room',
  about,
  async (context) => {
    const server = await opened(context, 64);
    const filler = join(server.dataDir, 'filler');
    fillDisk(filler);
    const room = 14 * 1024 ** 2;
    await rm(filler);
    await writeFile(filler, Buffer.alloc((await freeMb(server)) * 1024 ** 2 - room));
    // Packs to next to nothing, and is written as 40 MB.
    await open(server, 1, web, { big: 'x'.repeat(40 * 1024 ** 2) });
    const failure = await until('the checkout to have failed', 20_000, async () => {
      const seen = (await server.find('shop-1'))?.failure;
      return seen?.step === 'checkout' ? seen : undefined;
    });
    // Whoever sees it first says it: git finds no room, or the server stops it because next to none is left.
    assert.match(
      failure.message,
      /writing the files: the server's disk is full \([0-9.]+ MB of 64.0 MB are free; 40.0 MB are needed\)|^making the checkout: the server's disk is full \([0-9.]+ MB of 64.0 MB are free; 8.0 MB are needed\)/,
    );
    await until('the half checkout to be gone', 10_000, async () => (await freeMb(server)) > 10 || undefined);
    await rm(filler);
    await server.reach('shop-1', 'live', 90_000);
  },
);
