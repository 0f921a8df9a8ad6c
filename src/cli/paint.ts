const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, cyan: 36 } as const;

/** Colours a text, or leaves it as it is. */
export type Paint = (colour: keyof typeof codes, text: string) => string;

export const paintWith =
  (wanted: boolean): Paint =>
  (colour, text) =>
    wanted && text !== '' ? `\u001b[${codes[colour]}m${text}\u001b[0m` : text;
