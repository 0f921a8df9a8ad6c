import { WizardError } from '../../domain/wizard-error.ts';

/** Said before a save begins, and by who keeps states when another was quicker. */
export const savedTaken = (name: string): WizardError =>
  new WizardError(`saving a state as ${name}: there is one of that name`, {
    code: 'data/saved-taken',
    remedy: 'change-input',
    hint: `Take another name, or remove that one first: \`wizard data forget ${name}\`.`,
  });
