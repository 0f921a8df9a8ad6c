import assert from 'node:assert/strict';
import type { PullRequest, RepositoryRef } from '../../src/domain/pull-request.ts';
import { afterMsOf, remedyOf } from '../../src/domain/wizard-error.ts';
import type { CodeHost } from '../../src/ports/code-host.ts';
import { aCall, aSha } from '../builders.ts';
import { type Cannot, type Check, type LawBook, type NotYet, registerLaws } from './law-book.ts';
import { promptly } from './settle.ts';

export interface CodeHostWorld {
  readonly host: CodeHost;
  /** One that is there. */
  readonly repository: RepositoryRef;
  /** A person opens one with this head commit; answers its number. */
  open(sha: string): Promise<number>;
  push(number: number, sha: string): Promise<void>;
  closePullRequest(number: number): Promise<void>;
  reopen(number: number): Promise<void>;
  /** Opens enough to need several pages; default 3. */
  readonly many?: number;
  /** The listing breaks off after its first page, or fails. */
  breakListing?(): void;
  /** We are told to ask less. */
  throttle?(): void;
  /** We may not see the repository any more. */
  loseAccess?(): void;
  setFile?(path: string, text: string): Promise<void>;
  /** A person puts a new commit on a branch, which may be new; answers the commit. */
  commitTo?(branch: string): Promise<string>;
  close(): Promise<void>;
}

const abortedCall = () => aCall({ signal: AbortSignal.abort() });
const list = (world: CodeHostWorld): Promise<readonly PullRequest[]> =>
  promptly('listing', world.host.openPullRequests(world.repository, aCall()), 10_000);
const look = (world: CodeHostWorld, number: number): Promise<PullRequest | undefined> =>
  promptly('looking', world.host.findPullRequest(world.repository, number, aCall()), 10_000);
const numbers = (pulls: readonly PullRequest[]): number[] => pulls.map(({ number }) => number).sort((a, b) => a - b);

const listsAll: Check<CodeHostWorld> = async (world) => {
  const opened: number[] = [];
  for (let index = 1; index <= (world.many ?? 3); index += 1) opened.push(await world.open(aSha(index)));
  assert.deepEqual(
    numbers(await list(world)),
    opened.toSorted((a, b) => a - b),
  );
  assert.deepEqual(
    numbers(await list(world)),
    opened.toSorted((a, b) => a - b),
    'a second listing is as full',
  );
  return undefined;
};

const seesChanges: Check<CodeHostWorld> = async (world) => {
  const number = await world.open(aSha(1));
  await list(world);
  await world.push(number, aSha(2));
  assert.equal((await look(world, number))?.headSha, aSha(2));
  assert.equal((await list(world))[0]?.headSha, aSha(2));
  return undefined;
};

const closedIsClosed: Check<CodeHostWorld> = async (world) => {
  const number = await world.open(aSha(1));
  await list(world);
  await world.closePullRequest(number);
  assert.deepEqual(await list(world), []);
  assert.equal((await look(world, number))?.state, 'closed');
  await world.reopen(number);
  assert.equal((await look(world, number))?.state, 'open');
  assert.deepEqual(numbers(await list(world)), [number]);
  return undefined;
};

const neverWas: Check<CodeHostWorld> = async (world) => {
  assert.equal(await look(world, 99_999), undefined);
  return undefined;
};

const saysTheSame: Check<CodeHostWorld> = async (world) => {
  const number = await world.open(aSha(1));
  const [listed] = await list(world);
  assert.deepEqual(await look(world, number), listed, 'the listing and the look agree on every field');
  assert.equal(listed?.repository.id, world.repository.id);
  assert.deepEqual(await world.host.repository(world.repository.name, aCall()), world.repository);
  return undefined;
};

const failedListing: Check<CodeHostWorld> = async (world) => {
  if (!world.breakListing) return 'this world cannot break a listing';
  for (let index = 1; index <= (world.many ?? 3); index += 1) await world.open(aSha(index));
  world.breakListing();
  await assert.rejects(list(world));
  return undefined;
};

const throttled: Check<CodeHostWorld> = async (world) => {
  if (!world.throttle) return 'this world does not throttle';
  world.throttle();
  await assert.rejects(list(world), (error) => {
    assert.equal(remedyOf(error), 'try-again');
    assert.ok((afterMsOf(error) ?? 0) > 0, 'it says when to ask again');
    return true;
  });
  return undefined;
};

const noAccess: Check<CodeHostWorld> = async (world) => {
  if (!world.loseAccess) return 'this world cannot lose access';
  const number = await world.open(aSha(1));
  world.loseAccess();
  const fixSetup = (error: unknown): boolean => {
    assert.equal(remedyOf(error), 'fix-setup');
    return true;
  };
  await assert.rejects(list(world), fixSetup);
  await assert.rejects(look(world, number), fixSetup);
  await assert.rejects(world.host.repository(world.repository.name, aCall()), fixSetup);
  return undefined;
};

const lately: Check<CodeHostWorld> = async (world) => {
  if (!world.host.recentlyClosed) return 'this host cannot say';
  const closed = await world.open(aSha(1));
  await world.open(aSha(2));
  await world.closePullRequest(closed);
  const found = await world.host.recentlyClosed(world.repository, aCall());
  assert.deepEqual(numbers(found), [closed]);
  assert.equal(found[0]?.state, 'closed');
  return undefined;
};

const readsBranches: Check<CodeHostWorld> = async (world) => {
  const { host, repository } = world;
  if (!host.branchHead || !world.commitTo) return 'this host cannot say';
  const head = (branch: string): Promise<string | undefined> =>
    promptly('reading a branch', host.branchHead?.(repository, branch, aCall()) ?? Promise.resolve(undefined), 10_000);
  for (const branch of ['main', 'release/next#2']) {
    const first = await world.commitTo(branch);
    assert.equal(await head(branch), first);
    const second = await world.commitTo(branch);
    assert.notEqual(second, first);
    assert.equal(await head(branch), second, 'what it was before is not remembered');
  }
  for (const branch of ['mai', 'release', 'release/next', 'refs/heads/main', '../main', '--all', 'main~1', 'main@{1}'])
    assert.equal(await head(branch), undefined, branch);
  await assert.rejects(promptly('aborting', host.branchHead(repository, 'main', abortedCall()), 5000));
  if (!world.loseAccess) return undefined;
  world.loseAccess();
  for (const branch of ['main', 'none'])
    await assert.rejects(head(branch), (error) => {
      assert.equal(remedyOf(error), 'fix-setup', branch);
      return true;
    });
  return undefined;
};

const readsFiles: Check<CodeHostWorld> = async (world) => {
  if (!world.setFile) return 'this world has no files';
  await world.setFile('wizard/recipe.yml', 'target: processes\n');
  assert.equal(
    await world.host.readFile(world.repository, 'wizard/recipe.yml', 'main', aCall()),
    'target: processes\n',
  );
  assert.equal(await world.host.readFile(world.repository, 'wizard/none.yml', 'main', aCall()), undefined);
  return undefined;
};

const aborted: Check<CodeHostWorld> = async (world) => {
  const call = abortedCall();
  await assert.rejects(promptly('listing', world.host.openPullRequests(world.repository, call), 5000));
  await assert.rejects(promptly('looking', world.host.findPullRequest(world.repository, 1, call), 5000));
  return undefined;
};

export const codeHostLawBook: LawBook<CodeHostWorld> = {
  'every open pull request is listed, over pages and again': listsAll,
  'a push is seen in the listing and in a look': seesChanges,
  'a closed one is answered as closed, not as missing, and can be reopened': closedIsClosed,
  'what never was is undefined': neverWas,
  'listing and look say the same': saysTheSame,
  'a failed or incomplete listing throws, never an empty or short list': failedListing,
  'throttling is try-again, with the time to wait': throttled,
  'losing access is fix-setup, never an empty list': noAccess,
  'those closed lately are listed as closed': lately,
  'a file is read, and a missing one is undefined': readsFiles,
  'a branch is at the commit that it is at now, and one that is not there is undefined': readsBranches,
  'an aborted signal rejects promptly': aborted,
};

/** Registers every law of src/ports/code-host.ts as a test of this one. */
export function codeHostLaws(about: {
  readonly name: string;
  readonly newWorld: () => CodeHostWorld | Promise<CodeHostWorld>;
  readonly notYet?: readonly NotYet[];
  readonly cannot?: Cannot;
}): void {
  registerLaws({ laws: codeHostLawBook, notYet: [], cannot: {}, ...about });
}
