import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, it } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { appHost, aStep, aView, type GatewayWorld, openGatewayWorld } from '../../testing/gateway-world.ts';
import { noBrowser, openBrowser } from '../../testing/open-browser.ts';
import type { EnvironmentView } from '../ports/requests.ts';

const limit = { timeout: 15_000 };
const phone = { width: 390, height: 844 };
const longWord = 'src/cart/'.repeat(40);

const building = (...steps: EnvironmentView['steps']): EnvironmentView =>
  aView({ news: { title: 'Keep the cart' }, remainingMs: 9_000, steps });
const build = aStep({
  name: 'build-assets',
  role: 'build.1',
  kind: 'command',
  state: 'working',
  startedAt: Date.now(),
});
const failed = aView({
  news: {
    title: longWord,
    phase: 'failed',
    failure: {
      step: 'build-assets',
      message: `The command ended with 2 in ${longWord}`,
      hint: 'Push a fix.',
      lastLines: ['vite build', `${longWord} is not there`, 'Found 1 error'],
    },
  },
  steps: [aStep({ name: longWord, role: 'build.1', kind: 'command', state: 'failed', note: longWord })],
});

describe('the live page in a browser', { skip: noBrowser() }, () => {
  let browser: Browser;
  let world: GatewayWorld;
  before(async () => {
    browser = await openBrowser(appHost);
  });
  after(() => browser.close());
  beforeEach(async () => {
    world = await openGatewayWorld();
  });
  afterEach(() => world[Symbol.asyncDispose]());

  const open = async (path: string, about: Parameters<Browser['newPage']>[0] = {}) => {
    const page = await browser.newPage({ viewport: phone, ...about });
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => {
      // The page itself comes with 503 for as long as nothing serves.
      if (message.type() === 'error' && !message.text().includes('503')) problems.push(message.text());
    });
    await page.goto(`http://${appHost}:${world.port}${path}`, { waitUntil: 'domcontentloaded' });
    return { page, problems };
  };
  const sees = (page: Page, text: string): Promise<void> => page.getByText(text).first().waitFor(limit);
  const isTooWide = (page: Page): Promise<unknown> =>
    page.evaluate('document.documentElement.scrollWidth > innerWidth');

  it('is there before anything is known, follows steps and log, and becomes the application', async () => {
    const { page, problems } = await open('/orders/5?x=1');
    await sees(page, 'Getting ready');
    world.logs.set('build.1', 'added 412 packages\n');
    world.put(building(build, aStep()));
    await sees(page, 'Keep the cart');
    await sees(page, 'Build: assets');
    await sees(page, 'added 412 packages');
    world.logs.set('build.1', 'added 412 packages\n<b>vite</b> build\n');
    await sees(page, '<b>vite</b> build');
    const age = (await page.locator('[data-elapsed]').textContent()) ?? '';
    // Asked from outside: the page's own policy lets nobody evaluate text in it.
    await page.locator('[data-elapsed]', { hasNotText: new RegExp(`^${RegExp.escape(age)}$`) }).waitFor(limit);
    world.put(building({ ...build, state: 'done', tookMs: 900 }, aStep({ state: 'working', role: 'web.1' })));
    await page.locator('li.done').getByText('Build: assets').waitFor(limit);
    await world.application((request, response) => response.end(`<h1>The application at ${request.url}</h1>`));
    world.put(aView({ news: { phase: 'live' } }));
    await sees(page, 'The application at /orders/5?x=1');
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('shows the last lines of a failure as soon as it fails, and again what is built for the next commit', async () => {
    world.put(building(build));
    const { page, problems } = await open('/');
    await sees(page, 'Build: assets');
    world.put(failed);
    await sees(page, 'could not be started');
    await sees(page, 'Found 1 error');
    await sees(page, 'Push a fix.');
    assert.equal(await page.locator('#log').isVisible(), false);
    world.put(building(build));
    await sees(page, 'Getting ready');
    assert.deepEqual(problems, []);
    await page.close();
  });

  for (const width of [320, phone.width, 1280]) {
    it(`needs no scrolling to the side ${width} pixels wide, whatever names and lines hold`, async () => {
      world.logs.set('build.1', `${longWord}\n`);
      for (const view of [building({ ...build, note: longWord }), failed]) {
        world.put(view);
        const { page } = await open('/', { viewport: { width, height: 700 } });
        await sees(page, longWord);
        assert.equal(await isTooWide(page), false);
        const size = await page.evaluate(
          "Number.parseFloat(getComputedStyle(document.querySelector('#state p')).fontSize)",
        );
        assert.ok(Number(size) >= 14, `text of ${size} pixels`);
        await page.close();
      }
    });
  }

  for (const javaScriptEnabled of [true, false]) {
    it(`does not send a form again ${javaScriptEnabled ? 'with' : 'without'} JavaScript`, async () => {
      const asked: string[] = [];
      const form = '<form method="post" action="/orders?x=<1>#mine"><button>Order</button></form>';
      const first = await world.application((_, response) => {
        response.setHeader('Content-Type', 'text/html');
        response.end(form);
      });
      const { page } = await open('/cart', { javaScriptEnabled });
      first.close();
      first.closeAllConnections();
      world.lead(undefined);
      world.put(building(build));
      await page.getByText('Order').click();
      await sees(page, 'What you sent was not received');
      await world.application((request, response) => {
        if (request.url?.startsWith('/orders')) asked.push(`${request.method} ${request.url}`);
        response.end('<h1>All orders</h1>');
      });
      world.put(aView({ news: { phase: 'live' } }));
      await sees(page, 'All orders');
      assert.deepEqual(asked, ['GET /orders?x=%3C1%3E']);
      await page.close();
    });
  }

  it('works without JavaScript: it asks again by itself until the application is there', async () => {
    const { page } = await open('/orders/5?x=1', { javaScriptEnabled: false });
    await sees(page, 'Getting ready');
    world.logs.set('build.1', 'added 412 packages\n');
    world.put(building(build));
    await sees(page, 'added 412 packages');
    world.logs.set('build.1', 'added 412 packages\n<b>vite</b> build\n');
    await sees(page, '<b>vite</b> build');
    world.put(failed);
    await sees(page, 'Found 1 error');
    await world.application((request, response) => response.end(`<h1>The application at ${request.url}</h1>`));
    world.put(aView({ news: { phase: 'live' } }));
    await sees(page, 'The application at /orders/5?x=1');
    await page.close();
  });
});
