/**
 * Takes pictures of the live page as a person sees it, on a desk and on a phone, by day and by night. Run it with the folder to
 * write to: `node scripts/screenshots.ts FOLDER`. Needs a Chromium (`CHROMIUM` names it, else Debian's).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { EnvironmentView } from '../src/ports/requests.ts';
import { aSha } from '../testing/builders.ts';
import { appHost, aStep, aView, openGatewayWorld } from '../testing/gateway-world.ts';
import { openBrowser } from '../testing/open-browser.ts';

const folder = process.argv[2] ?? 'screenshots';
const now = Date.now();
const log = [
  '$ npm ci && npm run build',
  'added 412 packages in 6s',
  '',
  '> shop@2.3.0 build',
  '> vite build --outDir dist',
  '',
  'vite v7.1.3 building for production...',
  'transforming (214) src/cart/Cart.tsx',
];
const steps = {
  checkout: aStep({ name: 'checkout', role: 'checkout.1', kind: 'checkout', state: 'done', tookMs: 840 }),
  data: aStep({ name: 'data', role: 'data.1', kind: 'data-files', state: 'done', tookMs: 1_120 }),
  build: aStep({ name: 'build-assets', role: 'build.1', kind: 'command', state: 'done', tookMs: 9_400 }),
  migrate: aStep({ name: 'release-migrate', role: 'release.1', kind: 'command', usualMs: 1_600 }),
  web: aStep({ name: 'web', role: 'web.1', kind: 'process', usualMs: 2_100 }),
  route: aStep({ name: 'route', role: 'route', kind: 'route' }),
};
const machineLog = [
  '== a disk of 4096 MB in memory at /mem',
  '== installing docker.io ca-certificates',
  '== the settings are here',
  '== mysql: a dump of the database shop_staging of staging-db.example.internal',
  '== redis: starting redis:3.2',
  '== redis answers',
];
const machineSteps = [
  aStep({ name: 'machine', role: 'machine.1', kind: 'ec2', state: 'done', tookMs: 21_300 }),
  aStep({ name: 'ssh', role: 'ssh.1', kind: 'ssh', state: 'done', tookMs: 8_200 }),
  aStep({
    name: 'services',
    role: 'services.1',
    kind: 'machine-services',
    state: 'working',
    startedAt: now - 31_000,
    usualMs: 74_000,
    note: 'mysql: a dump of the database shop_staging of staging-db.example.internal',
    lastLines: machineLog,
  }),
  aStep({ name: 'checkout', role: 'checkout.1', kind: 'checkout', state: 'done', tookMs: 1_400 }),
  aStep({ name: 'playbooks', role: 'playbooks.1', kind: 'checkout', state: 'done', tookMs: 900 }),
  aStep({ name: 'configure', role: 'configure', kind: 'ansible', state: 'done', tookMs: 26_100 }),
  aStep({ name: 'deploy', role: 'deploy', kind: 'capistrano', usualMs: 19_000 }),
  aStep({ name: 'health', role: 'health', kind: 'http-check', usualMs: 2_000 }),
  aStep({ name: 'route', role: 'route', kind: 'route' }),
  aStep({
    name: 'dns',
    role: 'dns',
    kind: 'route53',
    state: 'working',
    startedAt: now - 31_000,
    usualMs: 35_000,
    note: 'Route 53 is telling its name servers',
  }),
];
const news = {
  number: 482,
  title: 'Let people keep their cart when they sign in',
  author: 'mira',
  headSha: aSha(0x4b),
  pullUrl: 'https://code.example/acme/shop/pull/482',
};
const scenes: Readonly<Record<string, EnvironmentView>> = {
  building: aView({
    news,
    remainingMs: 12_300,
    steps: [
      steps.checkout,
      steps.data,
      { ...steps.build, state: 'working', startedAt: now - 6_200, usualMs: 14_000, note: 'running', lastLines: log },
      steps.migrate,
      steps.web,
      steps.route,
    ],
  }),
  failed: aView({
    news: {
      ...news,
      phase: 'failed',
      because: 'the build failed',
      failure: {
        step: 'build-assets',
        message: 'The command ended with exit code 2.',
        hint: 'Run npm run build on your machine; it shows the same error. Push a fix and it is tried again.',
        lastLines: [
          ...log,
          '\u001b[31mx Build failed in 3.41s\u001b[39m',
          "src/cart/Cart.tsx:48:17 - error TS2345: Argument of type 'string' is not assignable to parameter of type 'CartId'.",
          '',
          '48     restoreCart(session.cart)',
          '                   ~~~~~~~~~~~~',
          'Found 1 error in src/cart/Cart.tsx:48',
        ],
      },
    },
    steps: [steps.checkout, steps.data, { ...steps.build, state: 'failed' }, steps.migrate, steps.web, steps.route],
  }),
  migrating: aView({
    news: {
      ...news,
      migrations: [
        {
          database: 'db',
          tookMs: 41_200,
          changes: [
            "ALTER on orders rewrote 2.1 million rows, 38 s: column coupon varchar(40) not null default '' added; index by_coupon (coupon, created_at) added",
            'table coupons added, 5 columns, 2 indexes',
            'users: column newsletter_subscription_confirmed_at datetime added',
          ],
          slow: [
            {
              sql: 'ALTER TABLE `orders` ADD COLUMN `coupon` VARCHAR(40) NOT NULL DEFAULT ?, ADD INDEX `by_coupon` (`coupon`, `created_at`)',
              ms: 38_100,
              rows: 2_104_233,
            },
            { sql: 'UPDATE orders SET coupon = ? WHERE discount > ?', ms: 1_900, rows: 48_112 },
          ],
        },
      ],
    },
    remainingMs: 2_300,
    steps: [
      steps.checkout,
      { ...steps.data, name: 'db', kind: 'database' },
      aStep({ name: 'db-schema', role: 'db-schema.1', kind: 'schema-snapshot', state: 'done', tookMs: 60 }),
      steps.build,
      { ...steps.migrate, state: 'done', tookMs: 41_200 },
      aStep({ name: 'db-changes', role: 'db-changes.1', kind: 'schema-changes', state: 'done', tookMs: 90 }),
      { ...steps.web, state: 'working', startedAt: now - 600 },
      steps.route,
    ],
  }),
  machine: aView({
    news: { ...news, address: '203.0.113.57' },
    remainingMs: 64_000,
    steps: machineSteps,
  }),
  'machine-failed': aView({
    news: {
      ...news,
      address: '203.0.113.57',
      phase: 'failed',
      because: 'the services did not start',
      failure: {
        step: 'services',
        message:
          'the services did not start: mysql: the database to dump from, staging-db port 3306, cannot be reached from this machine',
        hint: 'Let the machine reach that host and port, or correct the data source in wizard.yml.',
        lastLines: machineLog,
      },
    },
    steps: machineSteps.map((step) =>
      step.name === 'services'
        ? { ...step, state: 'failed' }
        : step.state === 'working'
          ? { ...step, state: 'done' }
          : step,
    ),
  }),
  waiting: aView({
    news: {
      ...news,
      phase: 'waiting',
      because: 'it comes from a fork, and a member has to approve this commit first',
    },
  }),
};
const places = [
  { name: 'desktop', width: 1280, height: 860, colorScheme: 'light' },
  { name: 'phone', width: 390, height: 844, colorScheme: 'light' },
  { name: 'phone-dark', width: 390, height: 844, colorScheme: 'dark' },
] as const;

await mkdir(folder, { recursive: true });
await using world = await openGatewayWorld();
await using browser = await openBrowser(appHost);
for (const [scene, view] of Object.entries(scenes)) {
  world.put(view);
  for (const { name, width, height, colorScheme } of places) {
    const page = await browser.newPage({ viewport: { width, height }, colorScheme, deviceScaleFactor: 2 });
    const problems: string[] = [];
    page.on('console', (message) => {
      // The page itself comes with 503 for as long as nothing serves.
      if (message.type() === 'error' && !message.text().includes('503')) problems.push(message.text());
    });
    page.on('pageerror', (error) => problems.push(error.message));
    const events = page.waitForResponse((response) => response.url().endsWith('/.wizard/events'));
    await page.goto(`http://${appHost}:${world.port}/`, { waitUntil: 'domcontentloaded' });
    await events;
    const wide = await page.evaluate('document.documentElement.scrollWidth > innerWidth');
    if (wide) problems.push('it is wider than the screen');
    await page.screenshot({ path: join(folder, `${scene}-${name}.png`), fullPage: true });
    console.log(`${scene} on ${name}: ${problems.length === 0 ? 'fine' : problems.join('; ')}`);
    await page.close();
  }
}
