import { gzipSync } from 'node:zlib';
import { type Claim, claimName } from '../../domain/claim.ts';
import { claimedScript } from '../../domain/machine-script.ts';
import { WizardError } from '../../domain/wizard-error.ts';

/** Of EC2, before base64. */
const longestUserData = 16 * 1024;

/**
 * The script as EC2 takes it: with the machine's claim, in base64. It goes as plain text where that fits, which every image
 * understands; longer ones are compressed, which cloud-init undoes.
 */
export function userData(script: string, claim: Claim): string {
  const plain = Buffer.from(claimedScript(script, claimName(claim)));
  if (plain.byteLength <= longestUserData) return plain.toString('base64');
  const small = gzipSync(plain, { level: 9 });
  if (small.byteLength <= longestUserData) return small.toString('base64');
  throw tooLong(claim, small.byteLength);
}

const tooLong = (claim: Claim, bytes: number): WizardError =>
  new WizardError(
    `starting ${claimName(claim)}: its user-data has ${bytes} bytes even when compressed, and EC2 takes ${longestUserData}`,
    {
      code: 'ec2/user-data-too-long',
      remedy: 'change-input',
      hint: 'Move long "config" texts of services into an image of your own.',
    },
  );
