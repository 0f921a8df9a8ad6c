import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { aCall } from '../../../../testing/builders.ts';
import { codeHostLaws } from '../../../../testing/conformance/code-host-laws.ts';
import type { Fault } from '../../../../testing/github/faults.ts';
import {
  type GithubTestWorld,
  githubTestWorld,
  type TestWorldOptions,
} from '../../../../testing/github/github-world.ts';
import { codeOf, remedyOf } from '../../../domain/wizard-error.ts';

async function lawWorld(options: TestWorldOptions, badListing: Fault) {
  const { github, host, repository, close } = await githubTestWorld(options);
  const { world, faults } = github;
  const name = repository.name;
  return {
    host,
    repository,
    many: 205,
    open: async (headSha: string) => world.openPull(name, { headSha }).number,
    push: async (number: number, sha: string) => void world.push(name, number, sha),
    closePullRequest: async (number: number) => void world.close(name, number),
    reopen: async (number: number) => void world.reopen(name, number),
    breakListing: () => faults.plan({ on: 'page=2', fault: badListing, times: 100 }),
    throttle: () => faults.plan({ on: '/pulls', fault: 'secondary-limit', times: 100 }),
    loseAccess: () => world.remove(name),
    setFile: async (path: string, text: string) => void world.at(name).files.set(`main:${path}`, text),
    commitTo: async (branch: string) => world.commitTo(name, branch),
    close,
  };
}

codeHostLaws({ name: 'github with a token', newWorld: () => lawWorld({}, 'cut-in-body') });
codeHostLaws({ name: 'github as an App', newWorld: () => lawWorld({ app: true }, 'truncated-json') });
codeHostLaws({ name: 'github Enterprise', newWorld: () => lawWorld({ prefix: '/api/v3' }, 'empty-list') });

async function within(options: TestWorldOptions, check: (world: GithubTestWorld) => Promise<void>): Promise<void> {
  const world = await githubTestWorld(options);
  try {
    await check(world);
  } finally {
    await world.close();
  }
}

const withCode = (code: string) => (error: unknown) => {
  assert.equal(codeOf(error), code);
  return true;
};

const numbersOf = (pulls: readonly { number: number }[]): readonly number[] => pulls.map(({ number }) => number);
const upTo = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1);

describe('listing on github', () => {
  test('an unchanged list costs nothing of the allowance', () =>
    within({}, async ({ github, host, repository }) => {
      for (const _ of upTo(150)) github.world.openPull('acme/shop');
      const first = await host.openPullRequests(repository, aCall());
      const counted = github.counted;
      assert.deepEqual(await host.openPullRequests(repository, aCall()), first);
      assert.equal(github.counted, counted);
    }));

  test('one that moves to an earlier page while we read is not lost', () =>
    within({}, async ({ github, host, repository }) => {
      for (const _ of upTo(150)) github.world.openPull('acme/shop');
      let hasClosed = false;
      github.meanwhile = ({ path }) => {
        if (hasClosed || !path.includes('page=2')) return;
        hasClosed = true;
        github.world.close('acme/shop', 3);
      };
      const listed = await host.openPullRequests(repository, aCall());
      assert.deepEqual(
        numbersOf(listed),
        upTo(150).filter((number) => number !== 3),
      );
    }));

  test('one that is opened while we read is either in the list or in the next', () =>
    within({}, async ({ github, host, repository }) => {
      for (const _ of upTo(100)) github.world.openPull('acme/shop');
      await host.openPullRequests(repository, aCall());
      github.world.openPull('acme/shop');
      assert.equal((await host.openPullRequests(repository, aCall())).length, 101);
    }));

  test('a list that never stands still is asked again later', () =>
    within({}, async ({ github, host, repository }) => {
      for (const _ of upTo(250)) github.world.openPull('acme/shop');
      let next = 0;
      github.meanwhile = ({ path }) => {
        if (!path.includes('page=2')) return;
        next += 1;
        github.world.close('acme/shop', next);
      };
      await assert.rejects(host.openPullRequests(repository, aCall()), withCode('github/list-moved'));
    }));

  test('a link that is lost on the way does not end the list', () =>
    within({}, async ({ github, host, repository }) => {
      for (const _ of upTo(205)) github.world.openPull('acme/shop');
      github.faults.plan({ on: '/pulls', fault: 'lost-link', times: 100 });
      assert.deepEqual(numbersOf(await host.openPullRequests(repository, aCall())), upTo(205));
    }));

  test('forks, forks that are gone and deleted accounts are told apart', () =>
    within({}, async ({ github, host, repository }) => {
      github.world.openPull('acme/shop', { headRepositoryId: '5' as typeof repository.id, author: 'eve' });
      github.world.openPull('acme/shop', { headRepositoryId: null, author: 'ghost', labels: ['preview'], draft: true });
      const [fork, gone] = await host.openPullRequests(repository, aCall());
      assert.equal(fork?.headRepositoryId, '5');
      assert.equal(gone?.headRepositoryId, null);
      assert.equal(gone?.author, 'ghost');
      assert.deepEqual(gone?.labels, ['preview']);
      assert.equal(gone?.draft, true);
    }));
});

describe('a repository on github that changes its name', () => {
  for (const app of [false, true]) {
    const who = app ? 'an App' : 'a token';
    test(`is followed by id, with ${who}`, () =>
      within({ app }, async ({ github, host, repository }) => {
        const { number } = github.world.openPull('acme/shop');
        await host.openPullRequests(repository, aCall());
        github.world.rename('acme/shop', 'acme/store');
        assert.equal((await host.findPullRequest(repository, number, aCall()))?.repository.name, 'acme/store');
        assert.deepEqual(numbersOf(await host.openPullRequests(repository, aCall())), [number]);
      }));

    test(`is not mistaken for one that took its old name, with ${who}`, () =>
      within({ app }, async ({ github, host, repository }) => {
        const { number } = github.world.openPull('acme/shop');
        await host.openPullRequests(repository, aCall());
        github.world.rename('acme/shop', 'acme/store');
        github.world.addRepository('acme/shop');
        const listed = await host.openPullRequests(repository, aCall());
        assert.deepEqual(numbersOf(listed), [number]);
        assert.equal(listed[0]?.repository.id, repository.id);
      }));
  }
});

describe('reading from github', () => {
  test('a pull request that may not be seen is not one that never was', () =>
    within({}, async ({ github, host, repository }) => {
      github.world.openPull('acme/shop');
      github.faults.plan({ on: '/pulls', fault: 'not-found', times: 100 });
      await assert.rejects(host.findPullRequest(repository, 1, aCall()), (error) => remedyOf(error) === 'fix-setup');
    }));

  test('a path cannot lead out of the files', () =>
    within({}, async ({ host, repository }) => {
      for (const path of ['..', '../../user', 'a//b', '/etc', '']) {
        await assert.rejects(host.readFile(repository, path, 'main', aCall()), withCode('github/strange-path'));
      }
    }));

  test('a folder is not a file, and an empty file is one', () =>
    within({}, async ({ github, host, repository }) => {
      github.world.at('acme/shop').files.set('main:docs/a.md', '');
      assert.equal(await host.readFile(repository, 'docs', 'main', aCall()), undefined);
      assert.equal(await host.readFile(repository, 'docs/a.md', 'main', aCall()), '');
      assert.equal(await host.readFile(repository, 'docs/a.md', 'no/such?ref', aCall()), undefined);
    }));

  test('what is said of files is not believed when files may not be read', () =>
    within({ app: true }, async ({ github, host, repository }) => {
      delete github.access.app.granted['contents'];
      await assert.rejects(host.readFile(repository, 'a.yml', 'main', aCall()), withCode('github/not-granted'));
    }));
});
