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

test('chance, time and processes come in through their ports', () => {
  const allowed: Readonly<Record<string, readonly RegExp[]>> = {
    // Ages of files are told by the wall clock.
    'Date.now(': [/kit\/clock\.ts$/, /kit\/commit-files\.ts$/, /checkout\/clear-leftovers\.ts$/, /cli\/terminal\.ts$/],
    'Math.random': [/assemble\.ts$/],
    'process.env': [/config\//, /cli\//, /kit\//],
    'shell: true': [],
  };
  const found = sources.flatMap((path) => {
    const text = readFileSync(path, 'utf8');
    return Object.entries(allowed)
      .filter(([word, places]) => text.includes(word) && !places.some((place) => place.test(path)))
      .map(([word]) => `${path} uses ${word}`);
  });
  assert.deepEqual(found, []);
});
