import * as z from 'zod';
import { line } from './fields.ts';
import { settings } from './settings.ts';

/** Longest name of a step, process or endpoint: it must fit in a role and in a host name. */
export const longestName = 30;

const envName = () => {
  const error = 'expected the name of an environment variable';
  return z.string({ error }).regex(/^[A-Za-z_][A-Za-z0-9_]{0,99}$/, { error });
};

const envValue = z.union(
  [
    z.string().regex(/^[^\0]*$/, { error: 'expected text without NUL' }),
    z.number().transform(String),
    z.boolean().transform(String),
    settings({ secret: line('the name of a secret').describe('Name of a secret of `wizard.yml`.') }),
  ],
  { error: 'expected text or { secret: NAME }' },
);

export const env = () =>
  z
    .record(envName(), envValue, { error: 'expected environment variables' })
    .meta({ title: 'NAME: text, or NAME: { secret: NAME }' });

/** Inside the checkout, whatever it is joined to. */
export const innerPath = () => {
  const error = 'expected a path inside the repository, without ".."';
  return line('a path inside the repository, without ".."').refine(
    (path) => !/^[/-]/.test(path) && !path.split('/').some((part) => part === '..' || part === '.git'),
    { error },
  );
};
