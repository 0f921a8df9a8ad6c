import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { aCall } from '../../testing/builders.ts';
import { postgresBin, postgresServer } from '../../testing/postgres-server.ts';
import { realPart } from '../../testing/real-part.ts';
import { parseConfig } from '../config/load-config.ts';
import { tryDataSource } from './try-data-source.ts';

const skip = realPart('PostgreSQL is not installed', postgresBin !== undefined);

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('finding a port: it has no address');
  return address.port;
}

test('a PostgreSQL server is connected to, and tables that may not be read are named', { skip }, async () => {
  const port = await freePort();
  const server = await postgresServer(port);
  const tried = (over: { readonly user?: string; readonly database?: string } = {}): Promise<string> => {
    const { user = 'wizard', database = 'postgres' } = over;
    const text = `api-token: a
code-hosts: { local: { kind: repository-folder, path: r, webhook-secret: a } }
data-sources:
  staging:
    postgres: { host: 127.0.0.1, port: ${port}, user: ${user}, password: p, database: ${database} }
    golden: { engine: postgres }
repositories: [{ name: acme/shop, recipe: { processes: { web: a } } }]
`;
    return tryDataSource(parseConfig(text, '/srv/wizard.yml', {}), 'staging', aCall());
  };
  try {
    await server.ask('create table orders (id int); create table secrets (id int); create role reader login');
    await server.ask('grant select on orders to reader');
    assert.match(await tried(), /wizard may connect to postgres of 127\.0\.0\.1:\d+, and read its tables \(2\)$/);
    assert.match(await tried({ user: 'reader' }), /but not read public\.secrets$/);
    await assert.rejects(tried({ database: 'nowhere' }), /database "nowhere" does not exist/);
    await assert.rejects(tried({ user: 'nobody' }), /role "nobody" does not exist/);
  } finally {
    await server.stop();
  }
});
