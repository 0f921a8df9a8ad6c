import { WizardError } from '../../domain/wizard-error.ts';

/** A server that did not come up, with what it printed last. */
export class NotStarted extends WizardError {
  readonly lastLines: readonly string[];

  constructor(note: string, lastLines: readonly string[], cause: unknown) {
    super(`starting a database server: ${note}`, { code: 'database/not-started', remedy: 'try-again', cause });
    this.lastLines = lastLines;
  }
}
