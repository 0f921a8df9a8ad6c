import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { until } from '../demo/browse.ts';
import { runGit } from '../src/kit/run-git.ts';
import { type GithubStandIn, githubStandIn } from './github/stand-in.ts';
import { type RealServer, realServer, webFile, webhookSecret } from './real-server.ts';
import { runWizard } from './run-wizard.ts';

/** A name with dots, capitals and underscores, as long as GitHub lets one be. */
const strange = `acme/${'My.Shop_API-of_the.North'.padEnd(100, '_x')}`;
/** Two repositories of one name, and the strange one. */
const names = ['acme/shop', 'beta/shop', strange] as const;

const recipe = '    recipe: { processes: { web: exec node web.mjs } }\n';

interface Story {
  readonly github: GithubStandIn;
  readonly server: RealServer;
  /** A commit that is the head of a pull request, as far as git can tell. */
  commit(repository: string, number: number): Promise<string>;
  webhooksArrived(): Promise<void>;
}

interface Listed {
  readonly id: string;
  readonly repository: string;
  readonly urls: readonly { readonly endpoint: string; readonly url: string }[];
}

async function begun(context: TestContext): Promise<Story> {
  const github = await githubStandIn();
  context.after(() => github.close());
  const server = await realServer({
    repositories: names,
    codeHost: `{ kind: github, token: ${github.token}, base-url: '${github.baseUrl}', webhook-secret: ${webhookSecret} }`,
    announcers: '[{ kind: pull-request }]',
    each: (name) => `${recipe}${name === 'beta/shop' ? '    slug: beta-shop\n' : ''}`,
  });
  context.after(() => server.close());
  for (const name of names) github.world.addRepository(name, server.gitDir(name));
  await server.start();
  return {
    github,
    server,
    webhooksArrived: github.sendWebhooksTo(server.webhookUrl(), webhookSecret),
    async commit(repository, number) {
      const sha = await server.commit({ 'web.mjs': webFile }, repository, `change-${number}`);
      await runGit(['--git-dir', server.gitDir(repository), 'update-ref', `refs/pull/${number}/head`, sha], {
        timeLimitMs: 10_000,
      });
      return sha;
    },
  };
}

async function environmentOf(server: RealServer, repository: string): Promise<Listed> {
  const { environments }: { environments: Listed[] } = JSON.parse((await server.api('environments')).body);
  const found = environments.find((one) => one.repository === repository);
  assert.ok(found, `${repository} has no environment`);
  return found;
}

const hostOf = ({ urls }: Listed): string => new URL(urls[0]?.url ?? '').hostname;

test('pull requests on GitHub, of repositories with strange names and the same name, from open to closed', {
  timeout: 120_000,
}, async (context) => {
  const { github, server, commit, webhooksArrived } = await begun(context);
  const shas: Record<string, string> = {};
  for (const name of names) {
    const headSha = await commit(name, 1);
    shas[name] = headSha;
    github.world.openPull(name, { headSha });
  }
  await webhooksArrived();
  const found = await Promise.all(names.map((name) => environmentOf(server, name)));
  for (const { id } of found) await server.reach(id, 'live');
  const hosts = (await Promise.all(names.map((name) => environmentOf(server, name)))).map(hostOf);
  assert.equal(new Set(hosts).size, names.length, `each has a name of its own: ${hosts.join(' ')}`);
  for (const [index, name] of names.entries()) {
    const host = hosts[index] ?? '';
    for (const label of host.split('.')) assert.match(label, /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/);
    assert.equal((await server.page(host)).body, shas[name], `${name} is served under ${host}`);
  }

  const shop = github.world.at('acme/shop');
  const told = (what: RegExp) =>
    until(`the comment to say ${what}`, 20_000, async () => {
      const all = [...shop.comments.values()];
      return all.length > 0 && what.test(all[0]?.body ?? '') ? all : undefined;
    });
  const states = (sha = ''): string[] => shop.statuses.filter((one) => one.sha === sha).map(({ state }) => state);
  const succeeded = (sha: string) =>
    until(`the status of ${sha}`, 20_000, async () => (states(sha).at(-1) === 'success' ? true : undefined));
  const [first] = await told(new RegExp(hosts[0] ?? ''));
  await succeeded(shas['acme/shop'] ?? '');

  const pushed = await commit('acme/shop', 1);
  github.world.push('acme/shop', 1, pushed);
  await until('the new commit', 30_000, async () =>
    (await server.page(hosts[0] ?? '')).body === pushed ? true : undefined,
  );
  await succeeded(pushed);
  const edited = await told(new RegExp(pushed.slice(0, 7)));
  assert.deepEqual([edited.length, edited[0]?.id], [1, first?.id], 'one comment, edited in place');

  for (const name of names) github.world.close(name, 1, name === 'beta/shop');
  await webhooksArrived();
  for (const { id } of found) await server.reach(id, 'closed');
  const ended = await told(/gone/);
  assert.deepEqual([ended.length, ended[0]?.id], [1, first?.id]);
  assert.deepEqual(await server.leftBehind(), []);
  assert.deepEqual(github.violations, []);
});

test('two repositories of one name are told apart before anything is made: by a slug, which the error proposes', {
  timeout: 30_000,
}, async (context) => {
  const server = await realServer({ repositories: ['acme/shop', 'beta/shop'], each: recipe });
  context.after(() => server.close());
  const { code, err } = await runWizard(['serve', '--config', join(server.folder, 'wizard.yml')]);
  assert.equal(code, 1);
  assert.match(err, /"acme\/shop" is called "shop" in host names too.* such as slug: beta-shop/);
});
