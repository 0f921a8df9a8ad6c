import * as z from 'zod';
import { suggestion } from './nearest.ts';

type Camel<Key extends string> = Key extends `${infer First}-${infer Rest}`
  ? `${First}${Capitalize<Camel<Rest>>}`
  : Key;
type CamelKeys<Value> = { [Key in keyof Value as Key extends string ? Camel<Key> : Key]: Value[Key] };

/** Reports a mistake at a place below the object that is being looked at. */
export type Complain = (path: readonly (string | number)[], message: string) => void;

/**
 * A group of settings: kebab-case in the file, camelCase in our code. Unknown keys are mistakes that name the nearest known one.
 * `alsoCheck` sees the group as written, when each of its settings is right on its own.
 */
export function settings<Shape extends z.ZodRawShape>(
  shape: Shape,
  alsoCheck?: (value: Readonly<Record<string, unknown>>, complain: Complain) => void,
) {
  const known = Object.keys(shape);
  const group = z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => unknownKey(key, known)).join('\n');
      return 'expected settings';
    },
  });
  return group
    .superRefine((value, context) => {
      alsoCheck?.(value, (path, message) => context.addIssue({ code: 'custom', path: [...path], message }));
    })
    .transform((value) => camelKeys(value));
}

const unknownKey = (key: string, known: readonly string[]): string => `unknown setting${suggestion(key, known)}`;

function camelKeys<Value extends object>(value: Value): CamelKeys<Value> {
  const entries = Object.entries(value).map(([key, inner]) => [
    key.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
    inner,
  ]);
  return Object.fromEntries(entries) as CamelKeys<Value>;
}
