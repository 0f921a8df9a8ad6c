import type * as z from 'zod';
import { isSecretPath } from './excerpt.ts';
import { visible } from './problem-list.ts';
import type { Path, Problem } from './source.ts';

type Issue = z.core.$ZodIssue;

/** What the schema found wrong with `value`, in our words. `under` is where that value stands in the file. */
export function schemaProblems(error: z.ZodError, value: unknown, under: Path = []): Problem[] {
  return error.issues.flatMap((issue) => problemsOf(issue, value, [], under));
}

function problemsOf(issue: Issue, root: unknown, above: Path, under: Path): Problem[] {
  const path: Path = [...above, ...issue.path.filter((part) => typeof part !== 'symbol')];
  const full = [...under, ...path];
  switch (issue.code) {
    case 'unrecognized_keys': {
      const messages = issue.message.split('\n');
      return issue.keys.map((key, index) => ({
        path: [...full, key],
        message: messages[index] ?? 'unknown setting',
        on: 'key',
      }));
    }
    case 'invalid_key':
      return [{ path: full, message: issue.issues[0]?.message ?? 'is not a name', on: 'key' }];
    case 'invalid_union': {
      const branch = likeliest(issue.errors.filter((inner) => !inner.some(isWrongAtRoot)));
      if (branch) return branch.flatMap((inner) => problemsOf(inner, root, path, under));
      return [{ path: full, message: withGot(expectedOf(issue), valueAt(root, path), full) }];
    }
    case 'custom':
      return [
        {
          path: full,
          message:
            issue.message.startsWith('expected') && !/, got /.test(issue.message)
              ? withGot(issue.message, valueAt(root, path), full)
              : issue.message,
        },
      ];
    default:
      return [{ path: full, message: withGot(expectedOf(issue), valueAt(root, path), full) }];
  }
}

/** Of several groups of settings the one that was meant is the one that knows most of the keys. */
function likeliest(branches: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const strange = (branch: readonly Issue[]): number =>
    branch.reduce(
      (sum, { code, ...issue }) => sum + ('keys' in issue && code === 'unrecognized_keys' ? issue.keys.length : 0),
      0,
    );
  return branches.toSorted((a, b) => strange(a) - strange(b) || a.length - b.length)[0];
}

/** A branch of a union that does not even fit the kind of value is not the one that was meant. */
const isWrongAtRoot = (issue: Issue): boolean => {
  if (issue.path.length > 0) return false;
  if (issue.code === 'invalid_union') return issue.errors.every((branch) => branch.some(isWrongAtRoot));
  return issue.code === 'invalid_type' || issue.code === 'invalid_value';
};

function expectedOf(issue: Issue): string {
  if (issue.code === 'invalid_union' && 'options' in issue && Array.isArray(issue.options)) {
    return `expected ${listed(issue.options.map((value) => JSON.stringify(value)))}`;
  }
  if (issue.message.startsWith('expected')) return issue.message;
  if (issue.code === 'invalid_value') return `expected ${listed(issue.values.map((value) => JSON.stringify(value)))}`;
  if (issue.code === 'invalid_type') return `expected ${issue.expected === 'record' ? 'settings' : issue.expected}`;
  return `expected something else (${issue.code})`;
}

function withGot(expected: string, value: unknown, path: Path): string {
  return value === undefined ? `missing; ${expected}` : `${expected}, got ${shownValue(value, isSecretPath(path))}`;
}

function shownValue(value: unknown, hidden: boolean): string {
  if (value === null) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'settings';
  if (hidden) return typeof value === 'string' ? 'another text' : `a ${typeof value}`;
  return typeof value === 'string' ? JSON.stringify(visible(value)) : String(value);
}

export const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

/** What stands at a path of a plain value; `undefined` where there is nothing. */
export function valueAt(root: unknown, path: Path): unknown {
  let at = root;
  for (const part of path) {
    if (at === null || typeof at !== 'object' || !Object.hasOwn(at, part)) return undefined;
    at = Reflect.get(at, part);
  }
  return at;
}
