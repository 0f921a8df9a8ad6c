import assert from 'node:assert/strict';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

const pages = globSync(['*.md', 'docs/**/*.md', 'testing/**/*.md']).sort();
const textOf = (path: string): string => readFileSync(path, 'utf8');
const packageJson = JSON.parse(textOf('package.json')) as Record<string, Record<string, string>>;

/** Every match in every page, as `page:line: match`. */
function found(
  pattern: RegExp,
  change: (text: string) => string = (text) => text,
): { page: string; line: number; what: string }[] {
  return pages.flatMap((page) => {
    const text = change(textOf(page));
    return [...text.matchAll(pattern)].map((match) => ({
      page,
      line: text.slice(0, match.index).split('\n').length,
      what: match[1] ?? '',
    }));
  });
}
const said = ({ page, line, what }: { page: string; line: number; what: string }): string => `${page}:${line}: ${what}`;

/** Blocks of code speak of other people's files; lines stay where they are. */
const withoutBlocks = (text: string): string =>
  text.replaceAll(/^```[\s\S]*?^```/gm, (block) => block.replaceAll(/[^\n]/g, ''));

const codesIn = (text: string, quote: string): string[] =>
  [...text.matchAll(new RegExp(`${quote}([a-z0-9-]+/[a-z-]+)${quote}`, 'g'))].map(([, code = '']) => code);

test('every link inside the repository leads to a file', () => {
  const links = found(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g, withoutBlocks);
  assert.ok(links.length > 20, `only ${links.length} links were read`);
  const broken = links.filter(({ page, what }) => !existsSync(normalize(join(dirname(page), what))));
  assert.deepEqual(broken.map(said), []);
});

test('every anchor of a link is a heading of its page', () => {
  const anchors = found(/\]\(([^):\s]*#[^)]+)\)/g, withoutBlocks);
  const broken = anchors.filter(({ page, what }) => {
    const [path = '', anchor = ''] = what.split('#');
    const headings = [...textOf(path === '' ? page : normalize(join(dirname(page), path))).matchAll(/^#+ (.+)$/gm)];
    const slugs = headings.map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    );
    return !slugs.includes(anchor);
  });
  assert.deepEqual(broken.map(said), []);
});

test('every path of the repository that a page names is there', () => {
  const tops = 'src|testing|scripts|demo|bench|bin|docs|schema|\\.ci';
  const paths = found(new RegExp(`\`((?:${tops})/[\\w./-]*)\``, 'g'), withoutBlocks);
  assert.ok(paths.length > 20, `only ${paths.length} paths were read`);
  assert.deepEqual(paths.filter(({ what }) => !existsSync(what)).map(said), []);
});

test('every npm script that a page names is there', () => {
  const scripts = found(/npm run (?:--?\S+ )*([a-z][\w:-]*)/g);
  assert.ok(scripts.length > 5, `only ${scripts.length} scripts were read`);
  assert.deepEqual(scripts.filter(({ what }) => packageJson['scripts']?.[what] === undefined).map(said), []);
});

test('every command of wizard that a page names is there', () => {
  // That page is generated from the program itself, and another test says when it is not current.
  const commands = new Set([...textOf('docs/cli.md').matchAll(/^### `wizard ([\w-]+)/gm)].map(([, name]) => name));
  assert.ok(commands.size > 10, `only ${commands.size} commands were read`);
  const named = found(/`wizard ([a-z][\w-]*)/g);
  assert.ok(named.length > 20, `only ${named.length} commands were read`);
  assert.deepEqual(named.filter(({ what }) => !commands.has(what)).map(said), []);
});

test('the list of dependencies is that of package.json', () => {
  const listed = [...textOf('docs/dependencies.md').matchAll(/^\| `([^`]+)` \| \S[^|]* \| \S[^|]* \|$/gm)].map(
    ([, name]) => name,
  );
  const wanted = ['dependencies', 'devDependencies'].flatMap((kind) => Object.keys(packageJson[kind] ?? {}));
  assert.deepEqual(listed.toSorted(), wanted.toSorted());
});

test('the table of error codes is that of the sources', () => {
  const [, table = ''] = /<!-- codes:[^\n]*-->([\s\S]*)<!-- end of codes -->/.exec(textOf('docs/operating.md')) ?? [];
  const rows = [...table.matchAll(/^\| (`.*?) \| ([a-z -]+) \| \S.* \|$/gm)];
  const listed = rows.flatMap(([, codes = '']) => codesIn(codes, '`'));
  const remedies = new Set(['try-again', 'change-input', 'fix-setup', 'report-bug', 'as the message says']);
  assert.deepEqual(
    rows.filter(([, , remedy = '']) => !remedies.has(remedy)).map(([row]) => row),
    [],
  );
  const text = globSync('src/**/*.ts')
    .filter((path) => !/\.test\.ts$|-test-world\.ts$|drivers\/memory\//.test(path))
    .map(textOf)
    .join('\n');
  // Named as `code`, answered by a function, or alone on a line as an argument.
  const places = text.matchAll(
    /\bcode: [^,;\n]*|\breturn '[a-z0-9-]+\/[a-z-]+'|\bbecause\('[a-z0-9-]+\/[a-z-]+'|^\s+'(?:request|cli|data)\/[a-z-]+',$/gm,
  );
  const thrown = [...new Set([...places].flatMap(([place]) => codesIn(place, "'")))];
  assert.ok(thrown.length > 80, `only ${thrown.length} codes were read`);
  assert.deepEqual(
    thrown.filter((code) => !listed.includes(code)),
    [],
    'in the sources, but not in docs/operating.md',
  );
  assert.deepEqual(
    listed.filter((code) => !thrown.includes(code)),
    [],
    'in docs/operating.md, but not in the sources',
  );
  assert.equal(new Set(listed).size, listed.length, 'each code has one line');
});

test('every decision has its number, its state and what else was thought of', () => {
  const decisions = globSync('docs/adr/*.md').sort();
  decisions.forEach((path, index) => {
    const number = String(index + 1).padStart(4, '0');
    assert.match(path, new RegExp(`/${number}-[a-z0-9-]+\\.md$`));
    assert.match(textOf(path), new RegExp(`^# ${number}: .+\\n\\n\\*\\*State:\\*\\* `));
    assert.match(textOf(path), /^## What else was thought of$/m);
  });
});

test('every driver has a page', () => {
  const folders = globSync(['src/drivers/*', 'src/drivers/code-hosts/*']).map((path) => path.split('/').at(-1) ?? '');
  const kinds = folders.filter((name) => !['announcers', 'code-hosts', 'memory'].includes(name));
  const written = globSync('docs/drivers/*.md').map((path) => path.split('/').at(-1)?.replace(/\.md$/, ''));
  assert.deepEqual(written.toSorted(), kinds.toSorted());
});

test('no page names a path of somebody’s machine', () => {
  const foreign = found(/((?:\/(?:home|Users|root|work|tmp)\/|[A-Z]:\\)[\w.-]+)/g);
  assert.deepEqual(foreign.map(said), []);
});
