import { InvalidArgumentError } from 'commander';

/** Reads an option that must be a whole number. */
export function wholeNumber(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
