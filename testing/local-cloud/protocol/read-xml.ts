import { CloudError } from './cloud-error.ts';

export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

const token =
  /<\?[^>]*\?>|<!--[\s\S]*?-->|<\/([\w:.-]+)\s*>|<([\w:.-]+)((?:\s+[\w:.-]+\s*=\s*"[^"<]*")*)\s*(\/?)>|([^<]+)/y;
const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

/** The root of a plain XML document: elements, attributes in double quotes, text. No doctype, no CDATA; AWS's clients write neither. */
export function readXml(text: string): Element {
  const top: Element = { name: '', attributes: {}, children: [], text: '' };
  const open = [top];
  let at = 0;
  while (at < text.length) {
    token.lastIndex = at;
    const match = token.exec(text);
    if (match === null) throw malformed(`cannot be read from character ${at}`);
    at = token.lastIndex;
    place(open, match);
  }
  const [root, second] = top.children;
  if (open.length !== 1) throw malformed(`<${open.at(-1)?.name ?? ''}> is not closed`);
  if (root === undefined || second !== undefined || top.text.trim() !== '') throw malformed('needs exactly one root');
  return root;
}

function place(open: Element[], [, closes, opens, attributes = '', empty, words]: RegExpExecArray): void {
  const parent = open.at(-1);
  if (parent === undefined) throw malformed('closes more than it opens');
  if (words !== undefined) parent.text += decode(words);
  else if (closes !== undefined) {
    if (open.length === 1 || parent.name !== closes) throw malformed(`</${closes}> closes nothing`);
    open.pop();
  } else if (opens !== undefined) {
    const element: Element = { name: opens, attributes: readAttributes(attributes), children: [], text: '' };
    parent.children.push(element);
    if (empty === '') open.push(element);
  }
}

function readAttributes(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([\w:.-]+)\s*=\s*"([^"]*)"/g)];
  return Object.fromEntries(pairs.map(([, name = '', value = '']) => [name, decode(value)]));
}

function decode(text: string): string {
  return text.replaceAll(/&(#x[\da-fA-F]{1,6}|#\d{1,7}|\w+)?;?/g, (whole, name: string | undefined) => {
    if (name === undefined || !whole.endsWith(';')) throw malformed('has a bare ampersand');
    if (name.startsWith('#x')) return String.fromCodePoint(Number.parseInt(name.slice(2), 16));
    if (name.startsWith('#')) return String.fromCodePoint(Number(name.slice(1)));
    const letter = entities[name];
    if (letter === undefined) throw malformed(`has the unknown entity ${whole}`);
    return letter;
  });
}

const malformed = (why: string): CloudError => new CloudError('MalformedInput', `The XML you provided ${why}`);

export const escapeXml = (text: string): string =>
  text.replaceAll(/[<>&"\r]/g, (letter) => `&#${letter.codePointAt(0) ?? 0};`);
