import { run } from './run.ts';

// Everything that can be said of the code without running it; all of it is reported, not only the first.
const checks: readonly (readonly string[])[] = [
  ['tsc', '--noEmit'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['node', 'scripts/generate.ts', '--check'],
  ['node', '--test', 'testing/architecture.test.ts'],
  ['knip'],
];
const failed: string[] = [];
for (const argv of checks) if (!(await run(argv))) failed.push(argv.join(' '));
console.log(failed.length === 0 ? '\nAll checks pass.' : `\nFailed: ${failed.join(' · ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;
