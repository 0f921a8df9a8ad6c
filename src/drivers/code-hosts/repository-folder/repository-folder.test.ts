import assert from 'node:assert/strict';
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { aCall } from '../../../../testing/builders.ts';
import { type CodeHostWorld, codeHostLaws } from '../../../../testing/conformance/code-host-laws.ts';
import { isFromFork } from '../../../domain/pull-request.ts';
import { codeOf, remedyOf } from '../../../domain/wizard-error.ts';
import { commitFiles, makeBareRepository } from '../../../kit/commit-files.ts';
import { runGit } from '../../../kit/run-git.ts';
import { closePull, describePull, openPull, pushPull, reopenPull } from './pull-files.ts';
import { repositoryFolder } from './repository-folder.ts';

async function folderWorld() {
  const root = await mkdtemp(join(tmpdir(), 'repository-folder-'));
  const gitDir = join(root, 'acme/shop.git');
  await makeBareRepository(gitDir);
  const host = repositoryFolder({ path: root, webUrl: 'http://localhost/' });
  const repository = await host.repository('acme/shop', aCall());
  const close = (): Promise<void> => rm(root, { recursive: true, force: true });
  return { root, gitDir, host, repository, close, [Symbol.asyncDispose]: close };
}

/** The laws name commits that no repository has; the refs are written as git itself would. */
async function lawWorld(): Promise<CodeHostWorld> {
  const world = await folderWorld();
  const { gitDir, host, repository } = world;
  let last = 0;
  let commits = 0;
  const moveTo = async (number: number, sha: string): Promise<void> => {
    const path = join(gitDir, `refs/pull/${number}/head`);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `${sha}\n`);
  };
  return {
    host,
    repository,
    many: 150,
    open: async (sha) => {
      last += 1;
      await moveTo(last, sha);
      return last;
    },
    push: moveTo,
    closePullRequest: (number) => closePull({ gitDir, number }),
    reopen: (number) => reopenPull({ gitDir, number }),
    setFile: async (path, text) =>
      void (await commitFiles(gitDir, { ref: 'refs/heads/main', files: { [path]: text } })),
    commitTo: (branch) => {
      commits += 1;
      return commitFiles(gitDir, { ref: `refs/heads/${branch}`, files: { count: String(commits) } });
    },
    breakListing: () => {
      mkdirSync(join(gitDir, 'wizard/pulls'), { recursive: true });
      writeFileSync(join(gitDir, 'wizard/pulls/1.json'), '{"state": "clo');
    },
    loseAccess: () => renameSync(gitDir, `${gitDir}-away`),
    close: world.close,
  };
}

codeHostLaws({
  name: 'repository-folder keeps the laws of code hosts',
  newWorld: lawWorld,
  cannot: { 'throttling is try-again, with the time to wait': 'a folder never tells us to ask less' },
});

describe('repository-folder', () => {
  test('a pull request is what its ref and its description say', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    const about = {
      title: 'T',
      author: 'ann',
      headRef: '--upload-pack=x',
      labels: ['preview'],
      draft: true,
      fork: 'eve/shop',
    };
    await openPull({ gitDir, number: 7 }, sha, about);
    const pull = await host.findPullRequest(repository, 7, aCall());
    assert.ok(pull);
    const { updatedAt, headRepositoryId, ...rest } = pull;
    assert.deepEqual(rest, {
      repository,
      number: 7,
      title: 'T',
      author: 'ann',
      url: 'http://localhost/acme/shop/pull/7',
      state: 'open',
      merged: false,
      draft: true,
      labels: ['preview'],
      headSha: sha,
      headRef: '--upload-pack=x',
      baseRef: 'main',
    });
    assert.ok(Math.abs(Date.parse(updatedAt) - Date.now()) < 60_000);
    assert.ok(headRepositoryId && isFromFork(pull));
  });

  test('pushes, labels, closing and reopening are seen, and change nothing else', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const pull = { gitDir, number: 7 };
    const first = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    await openPull(pull, first, { title: 'T' });
    const second = await commitFiles(gitDir, { ref: 'refs/heads/change', parent: first, files: { a: '2' } });
    await pushPull(pull, second);
    await describePull(pull, { labels: ['x'] });
    await closePull(pull, { merged: true });
    const closed = await host.findPullRequest(repository, 7, aCall());
    assert.deepEqual([closed?.state, closed?.merged, closed?.headSha, closed?.title], ['closed', true, second, 'T']);
    await reopenPull(pull);
    const [open] = await host.openPullRequests(repository, aCall());
    assert.deepEqual([open?.state, open?.merged, open?.headSha, open?.labels], ['open', false, second, ['x']]);
  });

  test('one whose ref is deleted is closed, not missing', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    await openPull({ gitDir, number: 7 }, sha);
    await runGit(['update-ref', '-d', 'refs/pull/7/head'], { cwd: gitDir, timeLimitMs: 5000 });
    assert.deepEqual(await host.openPullRequests(repository, aCall()), []);
    assert.equal((await host.findPullRequest(repository, 7, aCall()))?.state, 'closed');
  });

  test('packed refs are read too, and a loose one stands above them', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    for (const number of [1, 2]) await openPull({ gitDir, number }, sha);
    await runGit(['pack-refs', '--all', '--prune'], { cwd: gitDir, timeLimitMs: 5000 });
    assert.equal(existsSync(join(gitDir, 'refs/pull/1/head')), false);
    const next = await commitFiles(gitDir, { ref: 'refs/heads/change', parent: sha, files: { a: '2' } });
    await pushPull({ gitDir, number: 2 }, next);
    const heads = (await host.openPullRequests(repository, aCall())).map((pull) => pull.headSha);
    assert.deepEqual(heads, [sha, next]);
  });

  test('the id stays when the repository is renamed, and differs between repositories', async () => {
    await using world = await folderWorld();
    await makeBareRepository(join(world.root, 'acme/other.git'));
    const other = await world.host.repository('acme/other', aCall());
    assert.notEqual(other.id, world.repository.id);
    await rename(world.gitDir, join(world.root, 'acme/store.git'));
    assert.equal((await world.host.repository('acme/store', aCall())).id, world.repository.id);
  });

  test('two that ask for a new id at once get the same', async () => {
    await using world = await folderWorld();
    await makeBareRepository(join(world.root, 'acme/new.git'));
    const ids = await Promise.all([1, 2, 3, 4].map(() => world.host.repository('acme/new', aCall())));
    assert.equal(new Set(ids.map(({ id }) => id)).size, 1);
  });

  test('names that lead elsewhere are refused', async () => {
    await using world = await folderWorld();
    for (const name of ['../shop', 'acme/..', 'acme', 'acme/shop/x', '/etc/passwd', 'acme/-x y', '.../shop', '']) {
      await assert.rejects(world.host.repository(name, aCall()), (error) => {
        assert.equal(remedyOf(error), 'fix-setup', name);
        return true;
      });
    }
  });

  test('files are read at branches and commits, whatever the names try', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const files = { 'dir/.wizard.yml': 'a: ü\n\n', dir2: { symlink: '/etc/passwd' }, big: 'x'.repeat(1024 * 1024 + 1) };
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/--upload-pack=x', files });
    const read = (path: string, ref: string) => host.readFile(repository, path, ref, aCall());
    assert.equal(await read('dir/.wizard.yml', sha), 'a: ü\n\n');
    assert.equal(await read('dir/.wizard.yml', '--upload-pack=x'), 'a: ü\n\n');
    const missing: [string, string][] = [
      ['dir', sha],
      ['nothing', sha],
      ['dir/.wizard.yml', 'no-branch'],
      ['dir/.wizard.yml', 'ab'.repeat(20)],
      ['../../../../etc/passwd', sha],
      ['/etc/passwd', sha],
      ['dir\n.wizard.yml', sha],
      ['dir/.wizard.yml', `${sha}^{tree}`],
      ['', sha],
      ['dir/.wizard.yml', '--upload-pack=x~0'],
      ['dir/.wizard.yml', '--upload-pack=x^{commit}'],
    ];
    for (const [path, ref] of missing) assert.equal(await read(path, ref), undefined, `${path} at ${ref}`);
    await assert.rejects(read('big', sha), (error) => {
      assert.equal(codeOf(error), 'repository-folder/file-too-large');
      return true;
    });
  });

  test('a description that is not valid makes the listing fail, never short', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    for (const number of [1, 2]) await openPull({ gitDir, number }, sha);
    await writeFile(join(gitDir, 'wizard/pulls/2.json'), '{"state": "clo');
    await assert.rejects(host.openPullRequests(repository, aCall()));
  });

  test('five hundred pull requests are listed in a moment', async () => {
    await using world = await folderWorld();
    const { gitDir, host, repository } = world;
    const sha = await commitFiles(gitDir, { ref: 'refs/heads/change', files: { a: '1' } });
    const updates = Array.from({ length: 500 }, (_, index) => `create refs/pull/${index + 1}/head ${sha}\n`).join('');
    await runGit(['update-ref', '--stdin'], { cwd: gitDir, timeLimitMs: 20_000, input: updates });
    const started = performance.now();
    assert.equal((await host.openPullRequests(repository, aCall())).length, 500);
    assert.ok(performance.now() - started < 5000);
  });
});
