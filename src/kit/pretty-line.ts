const colours: Readonly<Record<string, string>> = { debug: '90', info: '36', warn: '33', error: '31' };

/** A JSON log line as a person reads it: `12:04:31.120 info  deliveries.stored  guid=72d3 size=812`. Other lines stay as they are. */
export function prettyLine(line: string, colour: boolean): string {
  const fields = parse(line);
  if (fields === undefined) return line;
  const { time, level, event, ...rest } = fields;
  const paint = (code: string, text: string): string => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
  const head = [
    paint('90', String(time ?? '').slice(11, 23)),
    paint(colours[String(level)] ?? '0', String(level ?? '').padEnd(5)),
    shown(event),
  ];
  const stacks = Object.values(rest).flatMap(stackOf);
  const pairs = Object.entries(rest).map(
    ([name, value]) => `${paint('90', `${shown(name)}=`)}${shown(withoutStack(value))}`,
  );
  const tail = pairs.length === 0 ? '' : `  ${pairs.join(' ')}`;
  return `${head.join(' ')}${tail}\n${stacks.map((stack) => `${indented(stack)}\n`).join('')}`;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Words as they are; anything with spaces, quotes or control characters as JSON, so that no text can forge a line or move the cursor. */
function shown(value: unknown): string {
  if (typeof value === 'string' && /^[\w./:@#+,[\]-]+$/u.test(value)) return value;
  const text = JSON.stringify(value) ?? 'undefined';
  // JSON leaves DEL, the C1 controls and the characters that turn the writing direction as they are.
  return text.replace(/[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

const stackOf = (value: unknown): string[] =>
  isRecord(value) && typeof value['stack'] === 'string' ? [value['stack']] : [];

function withoutStack(value: unknown): unknown {
  if (!isRecord(value) || value['stack'] === undefined) return value;
  const { stack: _, ...rest } = value;
  return rest;
}

const indented = (stack: string): string =>
  stack
    .split('\n')
    .slice(1)
    .map((line) => `    ${shown(line.trim())}`)
    .join('\n');

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
