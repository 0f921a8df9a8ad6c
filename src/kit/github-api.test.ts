import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, test } from 'node:test';
import { inspect } from 'node:util';
import { z } from 'zod';
import { aCall } from '../../testing/builders.ts';
import type { Fault } from '../../testing/github/faults.ts';
import { type GithubTestWorld, githubTestWorld, type TestWorldOptions } from '../../testing/github/github-world.ts';
import { manualClock } from '../../testing/manual-clock.ts';
import { silentLog } from '../../testing/silent-log.ts';
import {
  afterMsOf,
  codeOf,
  describeError,
  hintOf,
  type Remedy,
  remedyOf,
  WizardError,
} from '../domain/wizard-error.ts';
import { type Asked, announcing, type Github, githubApi, reading } from './github-api.ts';
import { Secret } from './secret.ts';

async function within(options: TestWorldOptions, check: (world: GithubTestWorld) => Promise<void>): Promise<void> {
  const world = await githubTestWorld(options);
  try {
    await check(world);
  } finally {
    await world.close();
  }
}

const asked = (world: GithubTestWorld, more: Partial<Asked> = {}): Asked => ({
  doing: 'reading acme/shop',
  repository: world.repository,
  permissions: reading,
  call: aCall(),
  ...more,
});
const shop = { owner: 'acme', repo: 'shop' };
const readShop = (github: Github) => github.rest.repos.get(shop);

async function failure(work: Promise<unknown>): Promise<WizardError> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(outcome instanceof WizardError, 'it throws a WizardError');
  return outcome;
}

describe('what GitHub says becomes ours', () => {
  const cases: readonly { fault: Fault; code: string; remedy: Remedy; afterMs?: number; hint?: RegExp }[] = [
    { fault: 'unauthorized', code: 'github/bad-credentials', remedy: 'fix-setup', hint: /token/ },
    { fault: 'forbidden', code: 'github/forbidden', remedy: 'fix-setup', hint: /pull_requests=read/ },
    { fault: 'not-found', code: 'github/not-found', remedy: 'fix-setup', hint: /installation/ },
    { fault: 'trouble', code: 'github/trouble', remedy: 'try-again' },
    { fault: 'primary-limit', code: 'github/rate-limit', remedy: 'try-again', afterMs: 121_000 },
    { fault: 'secondary-limit', code: 'github/rate-limit', remedy: 'try-again', afterMs: 30_000 },
    { fault: 'secondary-limit-without-header', code: 'github/rate-limit', remedy: 'try-again', afterMs: 60_000 },
    { fault: 'too-many-requests', code: 'github/rate-limit', remedy: 'try-again', afterMs: 7000 },
    { fault: 'cut', code: 'github/unreachable', remedy: 'try-again' },
    { fault: 'cut-after', code: 'github/unreachable', remedy: 'try-again' },
    { fault: 'cut-in-body', code: 'github/unreachable', remedy: 'try-again' },
    { fault: 'truncated-json', code: 'github/unexpected-answer', remedy: 'try-again' },
  ];
  for (const { fault, code, remedy, afterMs, hint } of cases) {
    test(`${fault} is ${code}, ${remedy}`, () =>
      within({ clock: manualClock() }, async (world) => {
        world.github.faults.plan({ on: 'GET /repos', fault });
        const error = await failure(world.api.ask(asked(world), readShop));
        assert.equal(codeOf(error), code);
        assert.equal(remedyOf(error), remedy);
        assert.equal(afterMsOf(error), afterMs);
        if (hint) assert.match(hintOf(error) ?? '', hint);
        assert.match(describeError(error), /^reading (acme\/shop|GitHub’s answer)/);
        assert.ok(!inspect(error, { depth: 10 }).includes(world.github.token), 'no token in the error');
      }));
  }

  test('an answer of another shape is, and so is a mistake of our own, told from a lost connection', () =>
    within({}, async (world) => {
      const shape = z.object({ no_such_field: z.string() });
      const strange = world.api.ask(asked(world), async (github) => shape.parse((await readShop(github)).data));
      assert.equal(codeOf(await failure(strange)), 'github/unexpected-answer');
      const mistake = world.api.ask(asked(world), async () => {
        throw new TypeError('x is not a function');
      });
      assert.equal(codeOf(await failure(mistake)), 'github/unexpected');
    }));

  test('a server that is not there is try-again', async () => {
    const api = githubApi({
      baseUrl: 'http://127.0.0.1:9',
      auth: { token: new Secret('t') },
      log: silentLog(),
      paced: false,
    });
    const question = { doing: 'reading', repository: 'acme/shop', permissions: reading, call: aCall() };
    const error = await failure(api.ask(question, readShop));
    assert.equal(codeOf(error), 'github/unreachable');
  });
});

describe('manners towards GitHub', () => {
  test('while GitHub wants rest nothing is asked', () => {
    const clock = manualClock();
    return within({ clock }, async (world) => {
      world.github.faults.plan({ on: 'GET /repos', fault: 'secondary-limit' });
      await failure(world.api.ask(asked(world), readShop));
      await clock.advance(29_000);
      const error = await failure(world.api.ask(asked(world), readShop));
      assert.equal(afterMsOf(error), 1000);
      assert.equal(world.github.requests.length, 1);
      await clock.advance(1000);
      assert.equal((await world.api.ask(asked(world), readShop)).data.full_name, 'acme/shop');
    });
  });

  test('a clock that is set meanwhile makes the rest neither longer nor shorter', () => {
    const clock = manualClock();
    return within({ clock }, async (world) => {
      const rests = async (): Promise<boolean> =>
        world.api.ask(asked(world), readShop).then(
          () => false,
          (error: unknown) => codeOf(error) === 'github/rate-limit',
        );
      world.github.faults.plan({ on: 'GET /repos', fault: 'secondary-limit' });
      await failure(world.api.ask(asked(world), readShop));
      clock.jump(3_600_000);
      assert.equal(await rests(), true);
      clock.jump(-7_200_000);
      await clock.advance(30_000);
      assert.equal(await rests(), false);
    });
  });

  test('a write whose answer was lost is not repeated behind our back', () =>
    within({}, async (world) => {
      const { github, repository } = world;
      github.world.openPull('acme/shop');
      github.faults.plan({ on: 'POST', fault: 'cut-after' });
      const paced = githubApi({ baseUrl: github.baseUrl, auth: { token: new Secret(github.token) }, log: world.log });
      const question = asked(world, { permissions: announcing });
      const comment = { ...shop, issue_number: 1, body: 'hello' };
      await failure(paced.ask(question, (octokit) => octokit.rest.issues.createComment(comment)));
      assert.equal(github.world.at(repository.name).comments.size, 1);
    }));

  test('a read that met trouble is repeated', () =>
    within({}, async (world) => {
      const { github } = world;
      github.faults.plan({ on: 'GET', fault: 'trouble' });
      const paced = githubApi({ baseUrl: github.baseUrl, auth: { token: new Secret(github.token) }, log: world.log });
      assert.equal((await paced.ask(asked(world), readShop)).status, 200);
      assert.equal(github.requests.length, 2);
    }));

  test('an answer that does not come is given up after 30 seconds', () => {
    const clock = manualClock();
    return within({ clock }, async (world) => {
      const heard = Promise.withResolvers<void>();
      world.github.meanwhile = () => heard.resolve();
      world.github.faults.plan({ on: 'GET', fault: 'no-answer' });
      const outcome = failure(world.api.ask(asked(world), readShop));
      await heard.promise;
      await clock.advance(30_000);
      assert.equal(codeOf(await outcome), 'github/unreachable');
      assert.equal(clock.pending, 0);
    });
  });

  test('a call that is aborted ends at once, and says so', () =>
    within({}, async (world) => {
      const stop = new AbortController();
      world.github.meanwhile = () => stop.abort(new Error('newer push'));
      world.github.faults.plan({ on: 'GET', fault: 'no-answer' });
      const error = await failure(world.api.ask(asked(world, { call: aCall({ signal: stop.signal }) }), readShop));
      assert.equal(codeOf(error), 'github/stopped');
      assert.match(describeError(error), /newer push/);
    }));

  test('a redirect to another server is not followed, so the token stays here', async () => {
    let visits = 0;
    const elsewhere = createServer((_, response) => {
      visits += 1;
      response.end();
    });
    await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
    const location = `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/x`;
    const here = createServer((_, response) => response.writeHead(301, { location }).end());
    await new Promise<void>((resolve) => here.listen(0, '127.0.0.1', resolve));
    try {
      const baseUrl = `http://127.0.0.1:${(here.address() as AddressInfo).port}`;
      const api = githubApi({ baseUrl, auth: { token: new Secret('t') }, log: silentLog(), paced: false });
      const question = { doing: 'reading', repository: 'acme/shop', permissions: reading, call: aCall() };
      assert.equal(codeOf(await failure(api.ask(question, readShop))), 'github/moved');
      assert.equal(visits, 0);
    } finally {
      for (const server of [here, elsewhere]) {
        server.close();
        server.closeAllConnections();
      }
    }
  });

  test('nothing is printed, and what is logged holds no token', () =>
    within({ app: true }, async (world) => {
      await world.api.ask(asked(world), readShop);
      const said = JSON.stringify(world.log.lines);
      assert.ok(world.log.lines.some(({ event }) => event === 'github.request'));
      for (const token of world.github.access.tokens.keys()) assert.ok(!said.includes(token));
    }));
});

describe('tokens of an App', () => {
  const tokenRequests = (world: GithubTestWorld) =>
    world.github.requests.filter(({ path }) => path.endsWith('/access_tokens'));

  test('are narrowed to one repository and to what is needed', () =>
    within({ app: true }, async (world) => {
      await world.api.ask(asked(world), readShop);
      const [request] = tokenRequests(world);
      assert.deepEqual(JSON.parse(request?.body ?? ''), {
        repository_ids: [Number(world.repository.id)],
        permissions: reading,
      });
    }));

  test('are used again for less than an hour, then made anew', () => {
    const clock = manualClock(Date.now());
    return within({ app: true, clock }, async (world) => {
      await Promise.all([world.api.ask(asked(world), readShop), world.api.ask(asked(world), readShop)]);
      await clock.advance(45 * 60_000);
      await world.api.ask(asked(world), readShop);
      assert.equal(tokenRequests(world).length, 1);
      await clock.advance(10 * 60_000);
      await world.api.ask(asked(world), readShop);
      assert.equal(tokenRequests(world).length, 2);
    });
  });

  test('that were revoked are not used a third time', () =>
    within({ app: true }, async (world) => {
      await world.api.ask(asked(world), readShop);
      world.github.access.tokens.clear();
      assert.equal(codeOf(await failure(world.api.ask(asked(world), readShop))), 'github/bad-credentials');
      assert.equal((await world.api.ask(asked(world), readShop)).status, 200);
    }));

  test('that ask for more than was granted are fix-setup, naming it', () =>
    within({ app: true }, async (world) => {
      world.github.access.app.granted = { metadata: 'read', pull_requests: 'read' };
      const error = await failure(world.api.ask(asked(world, { permissions: announcing }), readShop));
      assert.equal(remedyOf(error), 'fix-setup');
      assert.match(hintOf(error) ?? '', /statuses: write/);
    }));

  test('cannot be had with a key that is none', () =>
    within({}, async (world) => {
      const auth = { appId: 77, privateKey: new Secret('not a key') };
      const api = githubApi({ baseUrl: world.github.baseUrl, auth, log: world.log, paced: false });
      assert.equal(codeOf(await failure(api.ask(asked(world), readShop))), 'github/bad-private-key');
    }));
});

test('we know under which name our comments stand', async () => {
  await within({}, async ({ api }) => assert.equal(await api.login(aCall()), 'wizard-user'));
  await within({ app: true }, async ({ api }) => assert.equal(await api.login(aCall()), 'shining-wizard[bot]'));
});
