import type { Secret } from './secret.ts';

/** Takes secrets out of text by their value, wherever they came in: what every sink (log, API) passes its text through. */
export interface Redactor {
  /** From now on the secret's text, and its base64, URL and JSON spellings, become `[secret]`. */
  add(secret: Secret): void;
  redact(text: string): string;
}

/** Shorter ones would blank out words and numbers in every line, and are no secrets. */
const shortestLength = 6;
/** A line of a key in a file is worth hiding alone; shorter lines are words. */
const shortestLineLength = 16;
const mark = '[secret]';

export function createRedactor(): Redactor {
  const spellings = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add(secret) {
      for (const spelling of spellingsOf(secret.reveal())) spellings.add(spelling);
      const longestFirst = [...spellings].sort((a, b) => b.length - a.length);
      pattern = longestFirst.length === 0 ? undefined : new RegExp(longestFirst.map(RegExp.escape).join('|'), 'g');
    },
    redact: (text) => (pattern === undefined ? text : text.replace(pattern, mark)),
  };
}

/** The redactor of this process: the secrets of `wizard.yml` are added to it when they are read. */
export const redactor: Redactor = createRedactor();

/** `redactor.redact`, for sinks that need no more. */
export const redact = (text: string): string => redactor.redact(text);

/**
 * The same value with every text in it redacted, names of fields too. Text by text, since in JSON as a whole a secret of digits
 * would be found inside numbers and break them.
 */
export function redactDeep<Value>(value: Value, hide: (text: string) => string): Value {
  return hidden(value, hide) as Value;
}

function hidden(value: unknown, hide: (text: string) => string): unknown {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((inner) => hidden(inner, hide));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [hide(name), hidden(inner, hide)]));
}

function spellingsOf(text: string): string[] {
  const values = [text, text.trim(), ...linesOf(text)].filter((value) => value.length >= shortestLength);
  return values
    .flatMap((value) => [
      value,
      JSON.stringify(value).slice(1, -1),
      encodeURIComponent(value),
      new URLSearchParams([['', value]]).toString().slice(1),
      ...base64Of(value),
    ])
    .filter((spelling) => spelling.length >= shortestLength);
}

const linesOf = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= shortestLineLength && !line.startsWith('-----'));

/**
 * The base64 of a secret depends on how many bytes stand before it (`user:` in Basic authentication), so there are three;
 * the characters that it shares with its neighbours are left off.
 */
function base64Of(text: string): string[] {
  const found: string[] = [];
  for (const before of [0, 1, 2]) {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text, 'utf8')]);
    const skipped = before === 0 ? 0 : before + 1;
    const whole = Math.floor((bytes.length * 8) / 6);
    const standard = bytes.toString('base64').slice(skipped, whole);
    if (standard.length < shortestLength) continue;
    found.push(standard, standard.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return found;
}
