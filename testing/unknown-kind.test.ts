import assert from 'node:assert/strict';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test } from 'node:test';
import { until } from '../demo/browse.ts';
import { openPull } from '../src/drivers/code-hosts/repository-folder/pull-files.ts';
import { appFiles, realServer } from './real-server.ts';

test('a resource of a kind that this server does not know is told, and nothing else is held up', {
  timeout: 60_000,
}, async (context) => {
  const server = await realServer();
  context.after(() => server.close());
  await server.start();
  const open = async (number: number): Promise<void> => {
    const sha = await server.commit(appFiles('processes: { web: exec node web.mjs }\n'));
    await openPull({ gitDir: server.gitDir(), number }, sha, { title: 'A change', author: 'mira' });
    await server.post(await server.webhook(number, 'opened'));
    await server.reach(`shop-${number}`, 'live');
  };
  await open(1);
  await server.stop();
  const database = new DatabaseSync(join(server.dataDir, 'wizard.sqlite'));
  const columns = database
    .prepare('select name from pragma_table_info(?)')
    .all('resources')
    .map(({ name }) => String(name));
  const changed: Readonly<Record<string, string>> = { role: "'dream.00000001'", kind: "'hologram'", needs: "'[]'" };
  const values = columns.map((name) => changed[name] ?? name).join();
  database.exec(`insert into resources (${columns.join()}) select ${values} from resources where role = 'route'`);
  database.close();
  await server.start();
  const dream = async (): Promise<string> =>
    (await server.api('environments/shop-1')).body.match(/\{[^{}]*"dream.00000001"[^{}]*\}/)?.[0] ?? '';
  await until(
    'the kind to be told',
    20_000,
    async () => /no driver is called hologram/.test(await dream()) || undefined,
  );
  assert.equal((await server.api('environments/shop-1/timeline')).status, 200);
  await open(2);
});
