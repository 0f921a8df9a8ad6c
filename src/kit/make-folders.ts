import { mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { WizardError } from '../domain/wizard-error.ts';

/**
 * Makes a folder and those above it that are missing. Node's own recursive making never ends below `/proc`, where a folder is neither
 * there nor can be made; this one tries each folder once. Throws `files/no-folder`, which names the folder that could not be made.
 */
export function makeFolders(path: string): void {
  const missing: string[] = [];
  for (let at = resolve(path); !isFolder(at); at = dirname(at)) missing.unshift(at);
  for (const folder of missing) makeOne(folder);
}

function isFolder(path: string): boolean {
  try {
    if (statSync(path).isDirectory()) return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw cannotMake(path, codeOf(error), error);
  }
  throw cannotMake(path, 'it is a file', undefined);
}

function makeOne(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    // Somebody else was quicker; what is there then is looked at.
    if (codeOf(error) === 'EEXIST' && isFolder(path)) return;
    throw cannotMake(path, codeOf(error), error);
  }
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';

const cannotMake = (path: string, why: string, cause: unknown): WizardError =>
  new WizardError(`making the folder ${path}: it cannot be made (${why})`, {
    code: 'files/no-folder',
    remedy: 'fix-setup',
    hint: 'Choose a folder that this user may make and write, or make it and give it to this user.',
    ...(cause === undefined ? {} : { cause }),
  });
