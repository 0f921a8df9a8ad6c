import { inspect } from 'node:util';

/** Text that never prints itself: `${secret}`, JSON and inspect all give `[secret]`. */
export class Secret {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  /** The text itself. Search for this word to see every place where a secret is used. */
  reveal(): string {
    return this.#text;
  }
  toString(): string {
    return '[secret]';
  }
  toJSON(): string {
    return '[secret]';
  }
  [inspect.custom](): string {
    return '[secret]';
  }
}

/** Secrets of `wizard.yml` by name. */
export type Secrets = Readonly<Record<string, Secret>>;
