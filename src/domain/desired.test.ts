import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anEnvironment, aPullRequest, aSha } from '../../testing/builders.ts';
import { desired, type Wish } from './desired.ts';
import { type Choices, type Environment, noChoices } from './environment.ts';
import type { Policy } from './policy.ts';
import type { PullRequest, RepositoryId } from './pull-request.ts';

const open: Policy = { drafts: 'build', forks: 'approval', labels: [] };
const stranger = '2002' as RepositoryId;
const approval = (n: number) => ({ sha: aSha(n), by: 'mira', at: 1 });

interface Case {
  readonly of: string;
  readonly pull?: Partial<PullRequest>;
  readonly choices?: Partial<Choices>;
  readonly over?: Partial<Environment>;
  readonly policy?: Partial<Policy> | 'none';
  readonly wanted: Partial<Wish> & { readonly why?: RegExp };
}

const cases: readonly Case[] = [
  { of: 'an open pull request', wanted: { want: 'present', sha: aSha(1), trusted: true } },
  { of: 'a closed one', pull: { state: 'closed' }, wanted: { want: 'gone', ended: true, why: /was closed/ } },
  { of: 'a merged one', pull: { state: 'closed', merged: true }, wanted: { want: 'gone', ended: true, why: /merged/ } },
  { of: 'one that was never read', over: { pull: undefined }, wanted: { want: 'gone', ended: false } },
  { of: 'what no pull request claims', over: { number: 0 }, wanted: { want: 'gone', ended: true } },
  { of: 'a repository that is not configured', policy: 'none', wanted: { want: 'gone', ended: true } },
  {
    of: 'one that was taken away by hand',
    choices: { heldGone: true },
    wanted: { want: 'gone', ended: false, why: /redeploy/ },
  },
  { of: 'a draft', pull: { draft: true }, wanted: { want: 'present' } },
  {
    of: 'a draft where they are left alone',
    pull: { draft: true },
    policy: { drafts: 'ignore' },
    wanted: { want: 'gone', ended: false },
  },
  {
    of: 'one without the label',
    pull: { labels: ['docs'] },
    policy: { labels: ['preview', 'demo'] },
    wanted: { want: 'gone', ended: false, why: /preview, demo/ },
  },
  {
    of: 'one with one of the labels',
    pull: { labels: ['docs', 'demo'] },
    policy: { labels: ['preview', 'demo'] },
    wanted: { want: 'present' },
  },
  {
    of: 'a pinned one that was pushed to',
    pull: { headSha: aSha(2) },
    choices: { pinnedSha: aSha(1) },
    wanted: { want: 'present', sha: aSha(1), why: /pinned/ },
  },
  {
    of: 'one of a fork',
    pull: { headRepositoryId: stranger },
    wanted: { want: 'gone', ended: false, awaitsApproval: aPullRequest().headSha },
  },
  {
    of: 'one of a fork that is gone',
    pull: { headRepositoryId: null },
    wanted: { want: 'gone', awaitsApproval: aPullRequest().headSha },
  },
  {
    of: 'one of a fork where they are never built, though approved',
    pull: { headRepositoryId: stranger },
    choices: { approval: approval(1) },
    policy: { forks: 'never' },
    wanted: { want: 'gone', ended: false },
  },
  {
    of: 'an approved commit of a fork',
    pull: { headRepositoryId: stranger },
    choices: { approval: approval(1) },
    wanted: { want: 'present', sha: aSha(1), trusted: false, why: /approved by mira/ },
  },
  {
    of: 'a push after the approval, and a pin, which bind no fork',
    pull: { headRepositoryId: stranger, headSha: aSha(2) },
    choices: { approval: approval(1), pinnedSha: aSha(2) },
    wanted: { want: 'present', sha: aSha(1), trusted: false, awaitsApproval: aSha(2), why: /waits for approval/ },
  },
];

for (const { of, pull, choices, over, policy, wanted } of cases) {
  const { why, ...fields } = wanted;
  test(`wanted of ${of}: ${fields.want}`, () => {
    const environment = anEnvironment({ pull: aPullRequest(pull), choices: { ...noChoices, ...choices }, ...over });
    const wish = desired(environment, policy === 'none' ? undefined : { ...open, ...policy });
    assert.partialDeepStrictEqual(wish, fields);
    if (why) assert.match(wish.because, why);
  });
}
