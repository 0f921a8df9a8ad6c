import type { Detail } from '../api/contract.ts';
import { isSha } from '../domain/pull-request.ts';
import { WizardError } from '../domain/wizard-error.ts';

/** The commit that a person gave, whole or as the beginning of one that the environment knows. */
export function wholeSha(given: string, { id, headSha, liveSha, awaitsApproval }: Detail): string {
  const text = given.trim().toLowerCase();
  if (isSha(text)) return text;
  const known = [...new Set([headSha, liveSha ?? '', awaitsApproval ?? ''])].filter(
    (sha) => /^[0-9a-f]{7,39}$/.test(text) && sha.startsWith(text),
  );
  if (known[0] !== undefined && known.length === 1) return known[0];
  throw new WizardError(
    `reading the commit "${given}": it is neither whole nor the beginning of one that ${id} knows`,
    {
      code: 'cli/usage',
      remedy: 'change-input',
      hint: 'Give all 40 hexadecimal digits; `git rev-parse` prints them.',
    },
  );
}
