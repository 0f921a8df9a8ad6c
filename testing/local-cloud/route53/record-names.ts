import { CloudError } from '../protocol/cloud-error.ts';

/** A name as Route 53 keeps it: lower case, a dot at its end, and `\ooo` for what is not a letter, digit, `-`, `_` or the dot. */
export function canonicalName(said: string): string {
  const plain = said.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const name = plain.endsWith('.') ? plain : `${plain}.`;
  return name.toLowerCase().replaceAll(/[^a-z\d_.-]/g, (letter) => {
    const code = letter.charCodeAt(0);
    if (code > 255) throw new CloudError('InvalidInput', `${said} has a character that is not ASCII`);
    return `\\${code.toString(8).padStart(3, '0')}`;
  });
}

/** What is wrong with a canonical name, in Route 53's words. */
export function wrongName(name: string): string | undefined {
  const labels = name.slice(0, -1).split('.');
  const lengthOf = (label: string): number => label.replaceAll(/\\\d{3}/g, 'x').length;
  const long = labels.find((label) => lengthOf(label) > 63);
  if (long !== undefined)
    return `FATAL problem: DomainLabelTooLong (Domain label is too long) encountered with '${long}'`;
  if (labels.some((label) => label === '')) {
    return `FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with '${name}'`;
  }
  if (lengthOf(name) > 255)
    return `FATAL problem: DomainNameTooLong (Domain name is too long) encountered with '${name}'`;
  return undefined;
}

/** Route 53's order: by labels from the right, so that a zone stands before what is in it. */
export function compareNames(one: string, other: string): number {
  const [a, b] = [one, other].map((name) => name.slice(0, -1).split('.').toReversed());
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const [left, right] = [a?.[index] ?? '', b?.[index] ?? ''];
    if (left !== right) return left < right ? -1 : 1;
  }
  return 0;
}
