import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.ts';

/**
 * `npm test`: every test that needs only Node and git, in about a minute. `npm run test:real`, or CI=true: also the suites named
 * `x.real.test.ts`, which take longer or need a real part (PostgreSQL, Docker …); there a missing part fails. Patterns choose files.
 */
const words = process.argv.slice(2);
const real = words.includes('--real') || process.env['CI'] === 'true';
const patterns = words.filter((word) => word !== '--real');
const everywhere = ['src/**/*.test.ts', 'testing/**/*.test.ts', 'demo/**/*.test.ts', 'bench/**/*.test.ts'];
const found = (await Array.fromAsync(glob(patterns.length > 0 ? patterns : everywhere))).sort();
if (found.length === 0) {
  console.error('No test file matches.');
  process.exit(1);
}

const isReal = (file: string): boolean => file.endsWith('.real.test.ts');
/** It opens a bed of real machines, which take all that this machine has. */
const hasMachines = (file: string): boolean =>
  isReal(file) && /machine-bed\/|seed-world|open-machine-bed/.test(readFileSync(file, 'utf8'));

/** Suites that start programs, each in a process of its own; all others share one, since to start one for each takes longer than its tests. */
const startsPrograms =
  /^(bench\/main|src\/(cli\/(bin|serve|asking|reading|saved|setup|try-data)|store\/|open-drivers|golden-copies|start-heart)|src\/kit\/(supervised-run|run-command|open-worker|remove-tree)|src\/drivers\/(checkout|command|process|code-hosts\/repository-folder|data-files)\/|testing\/(end-to-end|lost-records|simulation|unknown-kind))/;
const isLight = (file: string): boolean => !isReal(file) && !startsPrograms.test(file);

interface Group {
  readonly files: readonly string[];
  /** All in one process, one after the other. */
  readonly together?: true;
  /** Many tests wait for processes and connections: more files at once than cores keep the cores at work. */
  readonly atOnce: number;
  /** A test that hangs fails, and the others go on. */
  readonly testLimitMs: number;
  /** What a hung test leaves open can keep its file from ending: then the group ends here. */
  readonly limitMs: number;
}

/** Each file is a process of its own that loads much the same: without it most of the time goes into compiling that again. */
const compiled = join(process.cwd(), 'node_modules', '.cache', 'tests');

const minute = 60_000;
// Who names a file wants it run.
const wanted = (file: string): boolean => real || patterns.length > 0 || !isReal(file);
const files = found.filter(wanted);
const short = { testLimitMs: minute, limitMs: 15 * minute };
/** One after the other; what stands together runs side by side. */
const groups: readonly (readonly Group[])[] = [
  [
    { files: files.filter(isLight), together: true, atOnce: 1, ...short },
    { files: files.filter((file) => !isReal(file) && !isLight(file)), atOnce: 3, ...short },
  ],
  [
    {
      files: files.filter((file) => isReal(file) && !hasMachines(file)),
      atOnce: 2,
      testLimitMs: 10 * minute,
      limitMs: 30 * minute,
    },
  ],
  [{ files: files.filter(hasMachines), atOnce: 1, testLimitMs: 15 * minute, limitMs: 45 * minute }],
];

const began = performance.now();
let ok = true;
for (const beside of groups) {
  const passed = await Promise.all(beside.map(async (group) => group.files.length === 0 || (await passes(group))));
  ok = passed.every(Boolean) && ok;
}
const left = found.filter((file) => !wanted(file));
if (left.length > 0) console.log(`Suites for \`npm run test:real\`, not run, ${left.length}:\n  ${left.join('\n  ')}`);
console.log(`${files.length} test files, ${seconds(began)} s`);
process.exitCode = ok ? 0 : 1;

/** A suite with real parts that failed is run once more alone, by name: a machine too busy is then told from what is wrong. */
async function passes(group: Group): Promise<boolean> {
  const failed = await runGroup(group);
  if (failed === undefined) return false;
  if (failed.length === 0 || !group.files.every(isReal)) return failed.length === 0;
  console.log(`\nOnce more, alone, what failed:\n  ${failed.join('\n  ')}`);
  return (await runGroup({ ...group, files: failed, atOnce: 1 }))?.length === 0;
}

/** The files that failed; missing when the run itself did. */
async function runGroup({ files, together, atOnce, testLimitMs, limitMs }: Group): Promise<string[] | undefined> {
  const start = performance.now();
  const folder = mkdtempSync(join(tmpdir(), 'wizard-tests-'));
  const list = join(folder, 'failed');
  writeFileSync(list, '');
  const good = await run(
    [
      'node',
      '--test',
      together ? '--test-isolation=none' : `--test-concurrency=${atOnce}`,
      `--test-timeout=${testLimitMs}`,
      '--test-reporter=./scripts/brief-reporter.ts',
      '--test-reporter-destination=stdout',
      ...files,
    ],
    { FAILED_FILES: list, NODE_COMPILE_CACHE: compiled, ...(real ? { CI: 'true' } : {}) },
    limitMs,
  );
  const said = readFileSync(list, 'utf8');
  rmSync(folder, { recursive: true });
  const failed = files.filter((file) => said.split('\n').some((line) => line.endsWith(`/${file}`)));
  if (performance.now() - start > limitMs) console.error('The run was ended: a test file did not end by itself.');
  console.log(`${files.length} files, ${seconds(start)} s`);
  return good || failed.length > 0 ? failed : undefined;
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}
