import { glob } from 'node:fs/promises';
import { run } from './run.ts';

/**
 * `npm test`: every test that needs only Node and git, in about a minute. `npm run test:real`, or CI=true: also the suites named
 * `x.real.test.ts`, which take longer or need a real part (PostgreSQL, Chromium …); there a missing part fails. Patterns choose files.
 */
const words = process.argv.slice(2);
const real = words.includes('--real') || process.env['CI'] === 'true';
const patterns = words.filter((word) => word !== '--real');
const everywhere = ['src/**/*.test.ts', 'testing/**/*.test.ts', 'demo/**/*.test.ts', 'bench/**/*.test.ts'];
const found = (await Array.fromAsync(glob(patterns.length > 0 ? patterns : everywhere))).sort();
// Who names a file wants it run.
const left = real || patterns.length > 0 ? [] : found.filter((file) => file.endsWith('.real.test.ts'));
const files = found.filter((file) => !left.includes(file));
if (files.length === 0) {
  console.error('No test file matches.');
  process.exit(1);
}
/** What a hung test leaves open can keep its file from ending: then the whole run ends here. */
const limitMs = 15 * 60_000;
const began = performance.now();
const ok = await run(
  [
    'node',
    '--test',
    // Many tests wait for processes and connections: more files at once than cores keep the cores at work.
    '--test-concurrency=3',
    // A test that hangs fails, and the others go on.
    '--test-timeout=60000',
    '--test-reporter=./scripts/brief-reporter.ts',
    '--test-reporter-destination=stdout',
    ...files,
  ],
  real ? { CI: 'true' } : {},
  limitMs,
);
if (performance.now() - began > limitMs) console.error('The run was ended: a test file did not end by itself.');
if (left.length > 0) console.log(`Suites for \`npm run test:real\`, not run, ${left.length}:\n  ${left.join('\n  ')}`);
console.log(`${files.length} test files, ${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exitCode = ok ? 0 : 1;
