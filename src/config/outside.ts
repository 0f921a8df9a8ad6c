import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import * as z from 'zod';
import { Secret } from '../kit/secret.ts';

/** Where `${env:NAME}` and `${file:PATH}` of `wizard.yml` are looked up. */
export interface Outside {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder of `wizard.yml`: paths in it start here. */
  readonly directory: string;
}

const largestFile = 64 * 1024;

type Found = { readonly text: string } | { readonly problem: string };

/** A setting that may be written as `${env:NAME}` or `${file:PATH}`; what is found there is never printed. */
export function fromOutside(outside: Outside, what: string) {
  const error = `expected ${what}, such as \${env:NAME} or \${file:PATH}`;
  return z
    .string({ error })
    .min(1, { error })
    .transform((text, context): string => {
      const found = lookUp(text, outside);
      if ('text' in found) return found.text;
      context.addIssue({ code: 'custom', message: found.problem });
      return z.NEVER;
    });
}

export const secret = (outside: Outside, what = 'a secret') =>
  fromOutside(outside, what)
    .transform((text) => new Secret(text))
    .meta({ title: 'secret' });

function lookUp(text: string, outside: Outside): Found {
  const place = /^\$\{(env|file):([^}]+)\}$/.exec(text);
  if (place?.[1] === 'env') return inEnvironment(place[2] ?? '', outside);
  if (place?.[1] === 'file') return inFile(place[2] ?? '', outside);
  if (text.includes('${')) return { problem: `expected \${env:NAME} or \${file:PATH}, with nothing around it` };
  return { text };
}

function inEnvironment(name: string, outside: Outside): Found {
  const text = outside.env[name];
  if (text === undefined) return { problem: `the environment variable ${name} is not set` };
  return text === '' ? { problem: `the environment variable ${name} is empty` } : { text };
}

function inFile(path: string, outside: Outside): Found {
  try {
    const full = resolve(outside.directory, path);
    const about = statSync(full);
    if (!about.isFile()) return { problem: `${path} is not a file` };
    if (about.size > largestFile) return { problem: `${path} is larger than ${largestFile} bytes` };
    const text = readFileSync(full, 'utf8').replace(/\r?\n$/, '');
    return text === '' ? { problem: `the file ${path} is empty` } : { text };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { problem: code === 'ENOENT' ? `there is no file ${path}` : `the file ${path} cannot be read (${code})` };
  }
}
