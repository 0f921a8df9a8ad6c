// Runs before `npm run demo`, `npm test` and `npm run check`: on a fresh clone nothing is installed yet. Plain JavaScript, since it
// may be run by an older Node than the one that the repository brings.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';

const installed = 'node_modules/.package-lock.json';
const isCurrent = existsSync(installed) && statSync(installed).mtimeMs >= statSync('package-lock.json').mtimeMs;

// Not `npm ci`: it refuses a lock file that was made where some platform's optional packages could not be had.
if (!isCurrent) {
  process.stdout.write('Installing what the project needs (once, some seconds) …\n');
  const { status } = spawnSync('npm', ['install', '--no-save', '--no-fund', '--no-audit', '--loglevel=error'], {
    stdio: 'inherit',
  });
  if (status !== 0) {
    process.stdout.write('npm install did not succeed. Is the npm registry reachable? Then try again.\n');
    process.exit(status ?? 1);
  }
}
