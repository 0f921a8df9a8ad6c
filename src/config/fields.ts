import * as z from 'zod';
import type { Argv } from '../domain/recipe.ts';

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const unitKb: Readonly<Record<string, number>> = { KB: 1, MB: 1024, GB: 1024 * 1024 };

/** `10m`, `500ms` → milliseconds. */
export const duration = () =>
  z
    .string({ error: 'expected a length of time such as 10m, 30s or 500ms' })
    .regex(/^[0-9]{1,9}(ms|s|m|h|d)$/, { error: 'expected a length of time such as 10m, 30s or 500ms' })
    .transform((text) => measured(text, unitMs))
    .meta({ title: 'duration' });

/** `256MB`, `1GB` → whole megabytes, rounded up. */
export const sizeMb = () =>
  z
    .string({ error: 'expected a size such as 256MB or 1GB' })
    .regex(/^[1-9][0-9]{0,8}(KB|MB|GB)$/, { error: 'expected a size such as 256MB or 1GB' })
    .transform((text) => Math.ceil(measured(text, unitKb) / 1024))
    .meta({ title: 'size' });

function measured(text: string, units: Readonly<Record<string, number>>): number {
  const [, amount = '', unit = ''] = /^([0-9]+)([A-Za-z]+)$/.exec(text) ?? [];
  return Number(amount) * (units[unit] ?? 1);
}

/** Text without control characters: nothing that a terminal, a path or an argument could choke on. */
export const line = (what: string) =>
  z
    .string({ error: `expected ${what}` })
    .regex(/^[^\p{Cc}]+$/u, { error: `expected ${what}` })
    .meta({ title: 'text' });

export const wholeNumber = (min: number, max: number) =>
  z
    .int({ error: `expected a whole number from ${min} to ${max}` })
    .min(min, { error: `expected a whole number from ${min} to ${max}` })
    .max(max, { error: `expected a whole number from ${min} to ${max}` })
    .meta({ title: 'number' });

export const yesOrNo = () => z.boolean({ error: 'expected true or false' }).meta({ title: 'true or false' });

/** Names that become part of host names and roles. */
export const shortName = (longest: number) => {
  const error = `expected a name of lower case letters, digits and hyphens, at most ${longest} long`;
  return z
    .string({ error })
    .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, { error })
    .max(longest, { error });
};

/** Names that only this file knows: secrets, data sources, code hosts. */
export const plainName = () => {
  const error = 'expected a name of letters, digits, "-" and "_"';
  return z.string({ error }).regex(/^[A-Za-z][A-Za-z0-9_-]{0,59}$/, { error });
};

const withoutNul = (error: string) => z.string({ error }).regex(/^[^\0]+$/, { error });

/** One text is given to `sh`, stopping at the first command that fails; a list is run as it stands, without a shell. */
export const command = () => {
  const error = 'expected a command: text for sh, or a list of arguments';
  return z
    .union([withoutNul(error), z.array(withoutNul('expected an argument')).min(1, { error })], { error })
    .transform((run): Argv => (typeof run === 'string' ? ['sh', '-euc', run] : [run[0] ?? '', ...run.slice(1)]))
    .meta({ title: 'command' });
};

/** `HOST:PORT`. Port 0 lets the machine choose. */
export const address = () => {
  const error = 'expected an address such as 127.0.0.1:4700';
  return z
    .string({ error })
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/, { error })
    .refine((text) => Number(text.slice(text.lastIndexOf(':') + 1)) <= 65_535, { error })
    .transform((text) => ({
      host: text.slice(0, text.lastIndexOf(':')).replace(/^\[|\]$/g, ''),
      port: Number(text.slice(text.lastIndexOf(':') + 1)),
    }))
    .meta({ title: 'address' });
};

export const webUrl = (what: string) => {
  const error = `expected ${what}`;
  return z
    .string({ error })
    .refine((text) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol), { error })
    .meta({ title: 'URL' });
};
