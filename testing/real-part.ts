/**
 * Whether a test against a real part (PostgreSQL, Chromium, root's rights) can run here: answers why it is skipped, or `false`. With
 * `CI=true` nothing may be missing unnoticed, so there it throws.
 */
export function realPart(missing: string, isThere: boolean): string | false {
  if (isThere) return false;
  if (process.env['CI'] === 'true') throw new Error(`${missing}, and with CI=true every real part must be there`);
  return missing;
}
