import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** Room → what it is for, and the rooms it may import from. A room not named here may import nothing of ours. */
const rooms: Readonly<Record<string, { readonly purpose: string; readonly may: readonly string[] }>> = {
  domain: { purpose: 'pure rules', may: [] },
  ports: { purpose: 'contracts only', may: ['domain', 'kit/secret'] },
  kit: { purpose: 'small tools', may: ['domain', 'ports'] },
  config: { purpose: 'wizard.yml and recipes', may: ['domain', 'ports', 'kit'] },
  store: { purpose: 'rows', may: ['domain', 'ports', 'kit'] },
  reconcile: { purpose: 'the loop', may: ['domain', 'ports', 'kit'] },
  bake: { purpose: 'when data is baked', may: ['domain', 'ports', 'kit'] },
  intake: { purpose: 'what makes us look', may: ['domain', 'ports', 'kit', 'reconcile'] },
  gateway: { purpose: 'requests to environments', may: ['domain', 'ports', 'kit'] },
  api: { purpose: 'the API', may: ['domain', 'ports', 'kit'] },
  cli: {
    purpose: 'the command line, over the API',
    may: [
      'api/contract',
      'api/data-contract',
      'api/saved-contract',
      'api/api-file',
      'api/read-events',
      'config',
      'domain',
      'ports',
      'kit',
      'serve',
      'version',
      'open-drivers',
      'drivers/announcers/slack/check-slack',
      'drivers/dns/check-dns',
      'drivers/ec2/check-ec2',
      'drivers/golden-databases/postgres/look-at-postgres',
      'drivers/golden-databases/stored-object',
      'store/check-store',
      'store/postgres',
    ],
  },
};

const longestFile = 300;
const sources = globSync('src/**/*.ts').filter((path) => !/\.test\.ts$|-test-world\.ts$/.test(path));

interface Import {
  readonly from: string;
  readonly line: number;
  readonly to: string;
}

function importsOf(path: string): Import[] {
  const text = readFileSync(path, 'utf8');
  return [...text.matchAll(/(?:from|import\()\s*'(\.[^']+)'/g)].map((match) => ({
    from: path,
    line: text.slice(0, match.index).split('\n').length,
    to: normalize(join(dirname(path), match[1] ?? '')),
  }));
}

/** `drivers/machines/ec2` of `src/drivers/machines/ec2/x.ts`: a driver is a room of its own. */
function roomOf(path: string): string {
  const [, room = '', kind = '', inner = ''] = path.split('/');
  if (room !== 'drivers') return path.split('/').length > 2 ? room : 'root';
  return kind === 'announcers' || kind === 'code-hosts' ? `drivers/${kind}/${inner}` : `drivers/${kind}`;
}

function isAllowed({ from, to }: Import): boolean {
  const room = roomOf(from);
  const target = to.replace(/^src\//, '').replace(/\.ts$/, '');
  if (!to.startsWith('src/')) return room === 'root' || to.startsWith('package.json');
  if (room === 'root' || room === roomOf(to)) return true;
  const may = room.startsWith('drivers/') ? ['domain', 'ports', 'kit'] : (rooms[room]?.may ?? []);
  return may.some((allowed) => target === allowed || target.startsWith(`${allowed}/`));
}

test('the walls between the rooms hold', () => {
  const imports = sources.flatMap(importsOf);
  assert.ok(imports.length > 300, `only ${imports.length} imports were read: the test looks in the wrong place`);
  const broken = imports.filter((one) => !isAllowed(one));
  assert.deepEqual(
    broken.map(
      ({ from, line, to }) =>
        `${from}:${line} imports ${to}, but ${roomOf(from)} is for ${rooms[roomOf(from)]?.purpose ?? 'one driver'}`,
    ),
    [],
  );
});

test('no file is longer than 300 lines, and the median stays small', () => {
  const lengths = sources
    .map((path) => ({ path, lines: readFileSync(path, 'utf8').split('\n').length }))
    .toSorted((a, b) => a.lines - b.lines);
  assert.deepEqual(
    lengths.filter(({ lines }) => lines > longestFile),
    [],
  );
  const median = lengths[Math.floor(lengths.length / 2)]?.lines ?? 0;
  assert.ok(median <= 80, `the median file has ${median} lines`);
});

test('the composition root stays readable', () => {
  assert.ok(readFileSync('src/assemble.ts', 'utf8').split('\n').length <= 150);
});

/**
 * What a run cannot repeat → where it may come in, and why there. Everywhere else it comes by a port, so that the simulation can repeat a
 * history.
 */
const unrepeatable: readonly { readonly what: RegExp; readonly places: readonly RegExp[]; readonly because: string }[] =
  [
    {
      what: /Date\.now\(/,
      places: [/kit\/clock\.ts$/, /kit\/commit-files\.ts$/, /checkout\/clear-leftovers\.ts$/],
      because: 'ages of files are told by the wall clock',
    },
    { what: /Math\.random/, places: [/assemble\.ts$/], because: 'the composition root gives it to all' },
    {
      what: /\brandom(?:Bytes|UUID)\b/,
      places: [/src\/kit\//, /src\/drivers\//, /config\/starting-file\.ts$/, /gateway\/not-ready\.ts$/],
      because: 'secrets, and names of what is unfinished: nothing is decided by them',
    },
    {
      what: /(?<![.\w])set(?:Timeout|Interval)\(|node:timers/,
      places: [/kit\/clock\.ts$/, /src\/cli\//, /gateway\/live-page-script\.ts$/],
      because: 'the clock itself, the command line while a person waits, and a script that runs in a browser',
    },
    {
      what: /(?<![.\w])(?:spawn|exec|execFile|fork)(?:Sync)?\(/,
      places: [/src\/kit\//, /cli\/open-browser\.ts$/, /golden-databases\/private-server\.ts$/],
      because: 'kit runs commands; a browser outlives us, and a database server that bakes is spoken to while it runs',
    },
    {
      what: /(?<![.\w])fetch\(/,
      places: [/src\/kit\//, /cli\/(?:client|own-server)\.ts$/, /announcers\/slack\/slack-http\.ts$/],
      because: 'the edges: our own server seen from the command line, and Slack',
    },
    { what: /process\.env/, places: [/config\//, /kit\//], because: 'settings are read where they come in' },
    { what: /shell: true/, places: [], because: '' },
  ];

test('chance, time, processes and the network come in through their ports', () => {
  const uses = unrepeatable.map((one) => ({
    ...one,
    users: sources.filter((path) => one.what.test(readFileSync(path, 'utf8'))),
  }));
  const found = uses.flatMap(({ what, places, users }) =>
    users.filter((path) => !places.some((place) => place.test(path))).map((path) => `${path} uses ${what}`),
  );
  assert.deepEqual(found, []);
  // An exception that nobody needs any more would let the next one in.
  const idle = uses.flatMap(({ what, places, users }) =>
    places
      .filter((place) => !users.some((path) => place.test(path)))
      .map((place) => `nothing in ${place} uses ${what}`),
  );
  assert.deepEqual(idle, []);
});
