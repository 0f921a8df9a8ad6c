import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { aCall, aNews, aSha } from '../../../../testing/builders.ts';
import type { GithubTestWorld } from '../../../../testing/github/github-world.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import type { JsonObject } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { pullRequestAnnouncer } from './pull-request-announcer.ts';
import { worldWithPull } from './pull-request-test-world.ts';

const call = aCall();
const creating = /^POST .*\/comments$/;

let there: GithubTestWorld;
beforeEach(async () => {
  there = await worldWithPull();
});
afterEach(() => there.close());

const announcer = (world = there, instance = 'wizard') =>
  pullRequestAnnouncer({ instance, githubFor: () => world.api });
const about = (over: Partial<News> = {}, world = there): News => aNews({ repository: world.repository, ...over });
const live = (over: Partial<News> = {}): News =>
  about({ phase: 'live', liveSha: aSha(1), tookMs: 41_000, address: '203.0.113.7', ...over });
const repository = (world = there) => world.github.world.at('acme/shop');
const comments = (world = there) => [...repository(world).comments.values()];
const statuses = () => repository().statuses.map(({ state, description }) => `${state}: ${description}`);
const writes = (world = there) => world.github.requests.filter(({ method }) => method !== 'GET').length;
const only = () => {
  const [comment, ...more] = comments();
  assert.ok(comment);
  assert.equal(more.length, 0);
  return comment;
};

describe('the pull request announcer', () => {
  it('keeps one comment and the status up to date from building to gone', async () => {
    const receipt = {
      openedAt: 0,
      closedAt: 11_520_000,
      resources: [{ role: 'web', kind: 'process', madeAt: 0, goneAt: 1 }],
    };
    const failure = { step: 'build', message: 'npm ended with 1', hint: 'look', lastLines: ['a', '```', 'b'] };
    let handle: JsonObject | undefined;
    for (const news of [
      about(),
      live(),
      about({ phase: 'failed', liveSha: aSha(1), failure }),
      about({ phase: 'closed', receipt }),
    ])
      handle = await announcer().announce(news, handle, call);
    assert.match(only().body, /is gone\n\n1 resource destroyed and seen gone, it lived 3 h 12 min\./);
    assert.deepEqual(statuses(), [
      'pending: The environment is being built',
      'success: Live, took 41 s',
      'failure: Failed in build: npm ended with 1',
    ]);
  });

  it('says at the newer commit of an approved fork that it waits, and what became of it when it was approved', async () => {
    const seen = () => repository().statuses.map(({ sha, state }) => [sha, state]);
    const handle = await announcer().announce(live(), undefined, call);
    there.github.world.push('acme/shop', 7, aSha(2));
    const waiting = await announcer().announce(live({ awaitsApproval: aSha(2) }), handle, call);
    assert.match(only().body, /Commit 0202020 is newer, and is not built before a member approves it\./);
    const before = [
      [aSha(1), 'success'],
      [aSha(2), 'pending'],
    ];
    assert.deepEqual(seen(), before);
    await announcer().announce(live({ headSha: aSha(2), liveSha: aSha(2) }), waiting, call);
    assert.deepEqual(seen(), [...before, [aSha(2), 'success']]);
  });

  it('shows addresses, the commit and the length', async () => {
    await announcer().announce(live(), undefined, call);
    const { body } = only();
    assert.match(body, /\| app \| <https:\/\/app-shop-7\.preview\.example\/> \|/);
    assert.match(body, /Server address `203\.0\.113\.7`/);
    assert.match(body, /Commit 0101010 serves, took 41 s/);
    assert.equal(repository().statuses[0]?.targetUrl, 'https://app-shop-7.preview.example');
  });

  it('tells what migrations changed and what took long, and hostile names do nothing', async () => {
    const hostile = 'table <img src=x> @acme/all [x](https://evil.example) | #1 added';
    const slow = [{ sql: 'ALTER TABLE `a|b` ADD c INT -- <!-- @mira', ms: 38_000, rows: 2_100_000 }];
    const migrations = [{ database: 'db', tookMs: 41_000, changes: [hostile], slow }];
    await announcer().announce(live({ migrations }), undefined, call);
    const { body } = only();
    assert.match(body, /\*\*Migrations of db, 41 s\*\*\n\n- table &lt;img src=x&gt; @\u200bacme/);
    assert.match(body, /\n\| 38 s, 2\.1 million rows \| `ALTER TABLE 'a¦b' ADD c INT -- <!-- @mira` \|\n/);
    assert.doesNotMatch(body, /\]\(https/);
  });

  it('writes nothing when the same news comes again, even without its handle', async () => {
    const handle = await announcer().announce(live(), undefined, call);
    const before = writes();
    await announcer().announce(live(), handle, call);
    assert.equal(writes(), before);
  });

  it('keeps the lowest of several and deletes the others', async () => {
    const handle = await announcer().announce(about(), undefined, call);
    const first = only();
    const twin = there.github.world.nextId();
    repository().comments.set(twin, { ...first, id: twin });
    await announcer().announce(live(), handle, call);
    assert.equal(only().id, first.id);
  });

  it('finds its comment on the second page', async () => {
    crowd(130);
    await announcer().announce(about(), undefined, call);
    await announcer().announce(live(), undefined, call);
    assert.equal(comments().length, 131);
  });

  it('writes a deleted comment anew once for each commit', async () => {
    let handle = await announcer().announce(about(), undefined, call);
    repository().comments.clear();
    handle = await announcer().announce(live(), handle, call);
    only();
    repository().comments.clear();
    handle = await announcer().announce(about({ phase: 'updating', liveSha: aSha(1) }), handle, call);
    assert.equal(comments().length, 0);
    there.github.world.push('acme/shop', 7, aSha(2));
    await announcer().announce(live({ headSha: aSha(2), liveSha: aSha(2) }), handle, call);
    only();
  });

  it('does not edit a comment that another person made ours by a copied marker', async () => {
    await announcer().announce(about(), undefined, call);
    const copy = { ...only(), id: there.github.world.nextId(), author: 'mallory' };
    repository().comments.set(copy.id, copy);
    await announcer().announce(live(), { comment: { at: copy.id, settled: true } }, call);
    assert.deepEqual(repository().comments.get(copy.id), copy);
    assert.equal(comments().length, 2);
  });

  it('does not take a quotation of its comment for its comment', async () => {
    await announcer().announce(about(), undefined, call);
    const quoted = { ...only(), id: there.github.world.nextId(), body: `> ${only().body}` };
    repository().comments.set(quoted.id, quoted);
    await announcer().announce(live(), undefined, call);
    assert.deepEqual(repository().comments.get(quoted.id), quoted);
  });

  it('gives up quietly on a locked conversation and still sets the status', async () => {
    repository().locked.add(7);
    const log = silentLog();
    const handle = await announcer().announce(live(), undefined, aCall({ log }));
    assert.equal(comments().length, 0);
    assert.deepEqual(statuses(), ['success: Live, took 41 s']);
    assert.deepEqual(
      log.lines.map(({ event }) => event).filter((event) => event.startsWith('pull-request.')),
      ['pull-request.locked'],
    );
    repository().locked.clear();
    await announcer().announce(about({ phase: 'updating', liveSha: aSha(1) }), handle, call);
    only();
  });

  it('asks the operator when writing is forbidden though nothing is locked', async () => {
    there.github.faults.plan({ on: creating, fault: 'forbidden' });
    await assert.rejects(announcer().announce(live(), undefined, call), { remedy: 'fix-setup' });
  });

  it('asks the operator when it may neither write nor read why', async () => {
    there.github.faults.plan({ on: creating, fault: 'forbidden' });
    there.github.faults.plan({ on: /^GET .*\/pulls\/7$/, fault: 'forbidden' });
    await assert.rejects(announcer().announce(live(), undefined, call), { remedy: 'fix-setup' });
  });

  it('sets a status that GitHub takes no more of only once', async () => {
    const sha = aSha(9);
    const log = silentLog();
    const news = live({ headSha: sha, liveSha: sha });
    const handle = await announcer().announce(news, undefined, aCall({ log }));
    assert.ok(log.lines.some(({ event }) => event === 'pull-request.status-refused'));
    const before = writes();
    await announcer().announce(news, handle, call);
    assert.equal(writes(), before);
  });

  it('ends a pending status when the pull request closes before it was live', async () => {
    const handle = await announcer().announce(about(), undefined, call);
    await announcer().announce(about({ phase: 'closed' }), handle, call);
    assert.deepEqual(statuses(), [
      'pending: The environment is being built',
      'error: The environment was taken away before it was live',
    ]);
  });

  it('calls our own trouble an error and not a failure of the commit', async () => {
    const failure = { step: 'build', message: 'no space left', lastLines: [], remedy: 'fix-setup' as const };
    await announcer().announce(about({ phase: 'failed', failure }), undefined, call);
    assert.deepEqual(statuses(), ['error: Failed in build: no space left']);
  });

  it('says nothing at all of what ended unannounced', async () => {
    await announcer().announce(about({ phase: 'closed', worthAMessage: false }), undefined, call);
    assert.equal(writes(), 0);
  });

  it('says nothing where the repository is not on GitHub', async () => {
    const wizard = pullRequestAnnouncer({ instance: 'wizard', githubFor: () => undefined });
    assert.deepEqual(await wizard.announce(about(), undefined, call), {});
    assert.equal(there.github.requests.length, 0);
  });

  it('follows a repository that was renamed', async () => {
    const handle = await announcer().announce(about(), undefined, call);
    there.github.world.rename('acme/shop', 'acme/store');
    await announcer().announce(live(), handle, call);
    const renamed = there.github.world.at('acme/store');
    assert.equal(renamed.comments.size, 1);
    assert.match([...renamed.comments.values()][0]?.body ?? '', /is live/);
  });

  it('does not take the comment of another instance', async () => {
    await announcer(there, 'one').announce(about(), undefined, call);
    await announcer(there, 'two').announce(about(), undefined, call);
    assert.equal(comments().length, 2);
  });

  it('works as an App too, under its own name', async (test) => {
    const app = await worldWithPull({ app: true });
    test.after(() => app.close());
    const handle = await announcer(app).announce(about({}, app), undefined, call);
    await announcer(app).announce(about({ phase: 'live', liveSha: aSha(1) }, app), undefined, call);
    await announcer(app).announce(about({ phase: 'live', liveSha: aSha(1) }, app), handle, call);
    assert.equal(comments(app).length, 1);
    assert.match(comments(app)[0]?.author ?? '', /\[bot\]$/);
  });
});

describe('hostile text in a comment', () => {
  it('makes no mention, link, reference, HTML or markup, and cannot end its block', async () => {
    const evil =
      '@org/team #12 GH-12 [x](javascript:alert) <img src=x> <!-- shining-wizard:wizard:shop-7 --> **b** https://evil.example www.evil.example';
    const failure = { step: evil, message: evil, hint: evil, lastLines: ['````', '</details>', '@org/team', '```'] };
    await announcer().announce(
      about({ phase: 'failed', failure, because: evil, urls: [{ endpoint: 'app', url: 'javascript:alert(1)' }] }),
      undefined,
      call,
    );
    const [, ...rest] = only().body.split('\n\n');
    const said = rest.join('\n\n').replace(/(`{4,})text\n[\s\S]*\n\1/, '');
    assert.notEqual(said, rest.join('\n\n'), 'the lines are in a fence longer than theirs');
    assert.doesNotMatch(said, /@org|#12|GH-12|<img|<!--|https:\/\/evil|www\.evil|(?<!\\)\*\*b/);
    assert.doesNotMatch(said, /(?<!\\)\]\(/);
    assert.doesNotMatch(said, /(?<!`)javascript:alert\(1\)/);
  });

  it('stays within what GitHub takes, on create and on edit', async () => {
    const long = '<&>`@|'.repeat(20_000);
    const urls = Array.from({ length: 500 }, (_, n) => ({
      endpoint: `e${n}`,
      url: `https://e${n}.example/${'q'.repeat(1900)}`,
    }));
    const failure = { step: long, message: long, hint: long, lastLines: Array.from({ length: 500 }, () => long) };
    const handle = await announcer().announce(
      about({ phase: 'failed', urls, failure, because: long }),
      undefined,
      call,
    );
    assert.ok(only().body.length > 60_000, 'the test would prove nothing with a short one');
    await announcer().announce(about({ phase: 'failed', urls, failure: { ...failure, step: 'b' } }), handle, call);
    assert.match(only().body, /failed in b\b/);
  });
});

function crowd(count: number): void {
  for (let n = 0; n < count; n += 1) {
    const id = there.github.world.nextId();
    const at = there.github.world.tick();
    repository().comments.set(id, { id, number: 7, body: 'hello', author: 'ann', createdAt: at, updatedAt: at });
  }
}
