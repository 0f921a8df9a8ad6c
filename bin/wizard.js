#!/usr/bin/env node
// Starts the command with a Node.js that is new enough. Only old syntax here: an old Node.js must be able to say that it is too old.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import * as module from 'node:module';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

const wanted = 24;
const present = Number(process.versions.node.split('.')[0]);
const own = fileURLToPath(new URL('../node_modules/.bin/node', import.meta.url));

if (present >= wanted) {
  keepCompiledCode();
  await import('../src/cli/main.ts');
} else if (existsSync(own) && !process.env.WIZARD_STARTED_AGAIN) {
  startAgain();
} else {
  process.stderr.write(
    'wizard: Node.js ' +
      process.versions.node +
      ' is too old, version ' +
      wanted +
      ' or newer is needed.\n' +
      'Install it, or run `npm install` where Shining Wizard lies, which brings its own.\n',
  );
  process.exitCode = 1;
}

// A start need not read and compile everything anew. Where nothing can be kept, it does. The folder is within the installation, so whoever
// can write to it could change the code itself; in a folder for temporary files others could plant code.
function keepCompiledCode() {
  module.enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/wizard', import.meta.url)));
}

function startAgain() {
  const child = spawn(own, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, WIZARD_STARTED_AGAIN: '1' },
  });
  // A terminal sends Ctrl-C to both of us; other signals reach only us.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`wizard: starting ${own}: ${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    process.exitCode = code === null ? 128 + constants.signals[signal] : code;
  });
}
