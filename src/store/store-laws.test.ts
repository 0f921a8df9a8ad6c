import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { storeLaws } from '../../testing/conformance/store-laws.ts';
import { type PostgresServer, postgresBin, postgresServer } from '../../testing/postgres-server.ts';
import { realPart } from '../../testing/real-part.ts';
import { openEmbeddedStore, openMemoryStore, openPostgresStore } from './open-store.ts';

storeLaws({
  name: 'the store in memory',
  newWorld: async () => {
    const store = await openMemoryStore();
    return { store, close: () => store.close() };
  },
});

storeLaws({
  name: 'the embedded store',
  newWorld: async () => {
    const folder = await mkdtemp(join(tmpdir(), 'wizard-store-'));
    const store = await openEmbeddedStore(join(folder, 'wizard.db'));
    return {
      store,
      close: async () => {
        await store.close();
        await rm(folder, { recursive: true });
      },
    };
  },
});

describe('PostgreSQL', { skip: realPart('PostgreSQL is not installed', postgresBin !== undefined) }, () => {
  let server: PostgresServer | undefined;
  before(async () => {
    server = await postgresServer();
  });
  after(() => server?.stop());
  storeLaws({
    name: 'the store on PostgreSQL',
    newWorld: async () => {
      if (!server) throw new Error('PostgreSQL was not started');
      const store = await openPostgresStore(await server.newDatabase());
      return { store, close: () => store.close() };
    },
  });
});
