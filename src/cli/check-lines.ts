import type { CheckLine } from '../config/check-line.ts';
import { oneLine } from '../domain/plain-text.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { redact } from '../kit/redact.ts';
import { printJson } from './api-command.ts';
import type { Terminal } from './terminal.ts';

/** Prints what was tried, a line each with a sign and a word; throws when something is wrong. */
export function printChecks(lines: readonly CheckLine[], json: boolean | undefined, terminal: Terminal): void {
  if (json)
    printJson(terminal, {
      ok: lines.every(({ ok }) => ok),
      checks: lines.map((line) => ({ ...line, message: redact(line.message) })),
    });
  else terminal.out(lines.map((line) => checkText(line, terminal)).join(''));
  const wrong = lines.filter(({ ok }) => !ok).length;
  if (wrong === 0) return;
  throw new WizardError(`checking: ${wrong} of ${lines.length} things are not as they must be`, {
    code: 'cli/check-failed',
    remedy: 'fix-setup',
    hint: 'The lines marked ✘ say what to do.',
  });
}

function checkText(line: CheckLine, { paint }: Terminal): string {
  const { ok, what, message, hint } = line;
  const sign = signOf(line, paint);
  const advice = hint === undefined ? '' : `          ${paint(ok ? 'dim' : 'yellow', oneLine(redact(hint), 1000))}\n`;
  return `${sign}  ${paint('bold', oneLine(what, 200))}: ${oneLine(redact(message), 1000)}\n${advice}`;
}

function signOf({ ok, lacks }: CheckLine, paint: Terminal['paint']): string {
  if (!ok) return paint('red', '✘ wrong');
  return lacks ? paint('yellow', '– lacks') : paint('green', '✔ fine ');
}
