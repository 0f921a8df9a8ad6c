import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { promptly } from '../../testing/conformance/settle.ts';
import { aDelivery, aMark, shop7 } from '../../testing/conformance/store-laws.ts';
import { postgresBin, postgresServer } from '../../testing/postgres-server.ts';
import { realPart } from '../../testing/real-part.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { openEmbeddedStore, openPostgresStore } from './open-store.ts';

const run = promisify(execFile);
const inUse = { code: 'store/in-use', remedy: 'fix-setup' };

async function inFolder(work: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'wizard-store-'));
  try {
    await work(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

test('the embedded store remembers when it is opened again, and makes its folder', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'new', 'wizard.db');
    const first = await openEmbeddedStore(path);
    await first.environments.mark(aMark(), 1);
    await first.deliveries.record([aDelivery()]);
    await first.close();
    const second = await openEmbeddedStore(path);
    assert.equal((await second.environments.find(shop7))?.requested, 2);
    assert.equal((await second.deliveries.record([aDelivery()]))[0]?.repeat, true);
    await second.close();
  }));

test('what is asked after the end is refused at once', () =>
  inFolder(async (folder) => {
    const store = await openEmbeddedStore(join(folder, 'wizard.db'));
    const asked = store.environments.list();
    await store.close();
    assert.deepEqual(await asked, []);
    await assert.rejects(store.environments.list(), { code: 'store/unavailable', remedy: 'try-again' });
  }));

test('a store of the version before is brought up to date, and what is in it stays', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'wizard.db');
    const first = await openEmbeddedStore(path);
    await first.deliveries.record([aDelivery()]);
    await first.close();
    const file = new DatabaseSync(path);
    file.exec(`drop index deliveries_of_body; alter table deliveries drop column body_hash;
      delete from migrations where version = 2`);
    file.close();
    for (const guid of ['second', 'third']) {
      const store = await openEmbeddedStore(path);
      await store.deliveries.record([aDelivery({ guid })]);
      await store.close();
    }
    const store = await openEmbeddedStore(path);
    const kept = await store.deliveries.list({ limit: 9 });
    assert.deepEqual(
      kept.map(({ guid, sameBodyAs }) => [guid, sameBodyAs !== undefined]),
      [
        ['third', true],
        ['second', false],
        ['guid-1', false],
      ],
    );
    await store.close();
  }));

test('a second server on the same embedded store is refused until the first has closed', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'wizard.db');
    const first = await openEmbeddedStore(path);
    await assert.rejects(openEmbeddedStore(path), inUse);
    await first.environments.mark(aMark(), 1);
    await first.close();
    const next = await openEmbeddedStore(path);
    await next.close();
  }));

test('an embedded store that cannot be opened leaves no lock behind', () =>
  inFolder(async (folder) => {
    const path = join(folder, 'wizard.db');
    await mkdir(path);
    await assert.rejects(promptly('opening', openEmbeddedStore(path), 10_000), { code: 'store/unavailable' });
    await rm(path, { recursive: true });
    const store = await openEmbeddedStore(path);
    await store.close();
  }));

const noRoot = realPart('mounting a small disk needs root', process.getuid?.() === 0);

test('a full disk is store/full, and the store works again when there is space', { skip: noRoot }, () =>
  inFolder(async (folder) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      const ballast = join(disk, 'ballast');
      await writeFile(ballast, Buffer.alloc(400_000));
      const store = await openEmbeddedStore(join(disk, 'wizard.db'));
      const acknowledged: string[] = [];
      const body = Buffer.alloc(20_000);
      const write = async (): Promise<void> => {
        const guid = `g${acknowledged.length}`;
        await store.deliveries.record([aDelivery({ guid, body })]);
        acknowledged.push(guid);
      };
      const fill = async (): Promise<void> => {
        for (let index = 0; index < 100; index += 1) await write();
      };
      const full = { code: 'store/full', remedy: 'fix-setup', name: WizardError.name };
      await assert.rejects(fill(), full);
      await assert.rejects(write(), full);
      await assert.rejects(store.deliveries.record([aDelivery({ guid: 'other', body })]), full);
      assert.equal((await store.deliveries.list({ limit: 1000 })).length, acknowledged.length, 'reading goes on');
      await rm(ballast);
      await write();
      const kept = (await store.deliveries.list({ limit: 1000 })).map(({ guid }) => guid);
      assert.deepEqual(kept.toReversed(), acknowledged);
      await store.close();
    } finally {
      await run('umount', ['-l', disk]);
    }
  }),
);

test('what meets a full disk is repeated when room was made for it, and nothing comes twice', { skip: noRoot }, () =>
  inFolder(async (folder) => {
    const disk = join(folder, 'disk');
    await mkdir(disk);
    await run('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      const ballast = join(disk, 'ballast');
      await writeFile(ballast, Buffer.alloc(1_200_000));
      let asked = 0;
      const store = await openEmbeddedStore(join(disk, 'wizard.db'), async () => {
        asked += 1;
        await rm(ballast);
        return true;
      });
      try {
        const guids = Array.from({ length: 50 }, (_, index) => `g${index}`);
        for (const guid of guids) await store.deliveries.record([aDelivery({ guid, body: Buffer.alloc(10_000) })]);
        assert.equal(asked, 1);
        const kept = (await store.deliveries.list({ limit: 1000 })).map(({ guid }) => guid);
        assert.deepEqual(kept.toReversed(), guids);
      } finally {
        await store.close();
      }
    } finally {
      await run('umount', ['-l', disk]);
    }
  }),
);

test('PostgreSQL', { skip: realPart('PostgreSQL is not installed', postgresBin !== undefined) }, async (context) => {
  const server = await postgresServer();
  context.after(() => server.stop());

  await context.test('a second server on the same database is refused until the first has closed', async () => {
    const url = await server.newDatabase();
    const first = await openPostgresStore(url);
    await assert.rejects(openPostgresStore(url), inUse);
    await first.deliveries.record([aDelivery()]);
    await first.close();
    const second = await openPostgresStore(url);
    assert.equal((await second.deliveries.record([aDelivery()]))[0]?.repeat, true, 'it remembers');
    await second.close();
  });

  await context.test('two databases of one server are two stores', async () => {
    const one = await openPostgresStore(await server.newDatabase());
    const other = await openPostgresStore(await server.newDatabase());
    await Promise.all([one.close(), other.close()]);
  });

  await context.test('a lost connection is told, so that the server stops', async () => {
    const store = await openPostgresStore(await server.newDatabase());
    const lost = assert.rejects(store.lost, { code: 'store/lost', remedy: 'fix-setup' });
    await server.ask('select pg_terminate_backend(pid) from pg_locks where locktype = $$advisory$$');
    await promptly('losing', lost, 10_000);
    await promptly('closing', store.close(), 10_000);
  });

  await context.test('closing it is not a loss', async () => {
    const store = await openPostgresStore(await server.newDatabase());
    await store.close();
    const state = await Promise.race([store.lost.catch(() => 'lost'), new Promise((resolve) => setImmediate(resolve))]);
    assert.notEqual(state, 'lost');
  });

  await context.test('a database that is not there is store/unavailable, with what to do', async () => {
    const url = (await server.newDatabase()).replace(/wizard_\d+/, 'nowhere');
    await assert.rejects(openPostgresStore(url), { code: 'store/unavailable', remedy: 'fix-setup' });
  });
});
