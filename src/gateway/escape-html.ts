const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Safe as text and inside a quoted attribute. Also takes out what only deceives the eye: controls and changes of direction. */
export const escapeHtml = (text: string): string =>
  text.replace(unseen, '').replace(/[&<>"']/g, (sign) => entities[sign] ?? '');

// Written as escapes, for here they would deceive too.
const unseen =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: taking these out is what it is for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A template whose values are escaped, unless they are HTML made by `html` itself. */
export function html(
  parts: TemplateStringsArray,
  ...values: readonly (HtmlText | string | number | undefined)[]
): HtmlText {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) {
    text += value instanceof HtmlText ? value.text : escapeHtml(String(value ?? ''));
    text += parts[index + 1] ?? '';
  }
  return new HtmlText(text);
}

/** Text that is HTML already. */
export class HtmlText {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export const joined = (pieces: readonly HtmlText[]): HtmlText => new HtmlText(pieces.map(({ text }) => text).join(''));
