import { glob } from 'node:fs/promises';
import { run } from './run.ts';

/**
 * `npm test`: every test that needs only Node and git. `npm run test:real`: the same with the real parts (PostgreSQL, Chromium …)
 * installed first. A suite whose part is missing is skipped by name; with CI=true a missing part fails.
 */
const patterns = process.argv.slice(2);
const files = (
  await Array.fromAsync(
    glob(patterns.length > 0 ? patterns : ['src/**/*.test.ts', 'testing/**/*.test.ts', 'demo/**/*.test.ts']),
  )
).sort();
if (files.length === 0) {
  console.error('No test file matches.');
  process.exit(1);
}
const began = performance.now();
const ok = await run([
  'node',
  '--test',
  '--test-reporter=./scripts/brief-reporter.ts',
  '--test-reporter-destination=stdout',
  ...files,
]);
console.log(`${files.length} test files, ${((performance.now() - began) / 1000).toFixed(1)} s`);
process.exitCode = ok ? 0 : 1;
