import assert from 'node:assert/strict';
import { test } from 'node:test';
import { aCall, aPullRequest, aRepository, aSha } from '../../../testing/builders.ts';
import { type CodeHostWorld, codeHostLaws } from '../../../testing/conformance/code-host-laws.ts';
import { manualClock } from '../../../testing/manual-clock.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { memoryCodeHost } from './memory-code-host.ts';
import { memoryWorld } from './memory-world.ts';

function newWorld(): CodeHostWorld {
  const host = memoryCodeHost(memoryWorld(manualClock()), { repositories: [aRepository] });
  let opened = 0;
  let commits = 0;
  const fail = (remedy: 'try-again' | 'fix-setup', afterMs?: number) =>
    host.outage(
      new WizardError('not now', { code: 'memory/trouble', remedy, ...(afterMs === undefined ? {} : { afterMs }) }),
    );
  return {
    host,
    repository: aRepository,
    open: async (sha) => {
      opened += 1;
      host.open(aPullRequest({ number: opened, headSha: sha }));
      return opened;
    },
    push: async (number, sha) => host.push(aRepository.id, number, sha),
    closePullRequest: async (number) => host.close(aRepository.id, number),
    reopen: async (number) => host.reopen(aRepository.id, number),
    breakListing: () => fail('try-again'),
    throttle: () => fail('try-again', 30_000),
    loseAccess: () => fail('fix-setup'),
    commitTo: async (branch) => {
      commits += 1;
      host.moveBranch(aRepository.id, branch, aSha(commits));
      return aSha(commits);
    },
    setFile: async (path, text) => host.setFile(aRepository.id, path, text),
    close: async () => undefined,
  };
}

codeHostLaws({ name: 'memory code host', newWorld });

test('a listing may be old, a look is not', async () => {
  const clock = manualClock();
  const host = memoryCodeHost(memoryWorld(clock), { repositories: [aRepository], listLagMs: 100 });
  host.open(aPullRequest());
  assert.deepEqual(await host.openPullRequests(aRepository, aCall()), []);
  await clock.advance(100);
  host.push(aRepository.id, 7, aSha(2));
  assert.equal((await host.openPullRequests(aRepository, aCall()))[0]?.headSha, aSha(1));
  assert.equal((await host.findPullRequest(aRepository, 7, aCall()))?.headSha, aSha(2));
});
