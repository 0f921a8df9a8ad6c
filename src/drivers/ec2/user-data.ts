import { gzipSync } from 'node:zlib';
import { type Claim, claimName } from '../../domain/claim.ts';
import { claimedScript } from '../../domain/machine-script.ts';
import { stableHash } from '../../domain/stable-hash.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import { tellHostKeys } from './tell-host-keys.ts';

/** Of EC2, before base64. */
const longestUserData = 16 * 1024;

/**
 * What a machine is given as EC2 takes it, in base64: the script with the machine's claim, and before it a part that tells the host
 * keys early. It goes as plain text where that fits; longer ones are compressed, which cloud-init undoes.
 */
export function userData(script: string, claim: Claim): string {
  const plain = Buffer.from(
    inParts([
      { type: 'text/cloud-boothook', text: tellHostKeys },
      { type: 'text/x-shellscript', text: claimedScript(script, claimName(claim)) },
    ]),
  );
  if (plain.byteLength <= longestUserData) return plain.toString('base64');
  const small = gzipSync(plain, { level: 9 });
  if (small.byteLength <= longestUserData) return small.toString('base64');
  throw tooLong(claim, small.byteLength);
}

interface Part {
  readonly type: string;
  readonly text: string;
}

/** As cloud-init takes several things at once: MIME. The border is no line of any part. */
function inParts(parts: readonly Part[]): string {
  const border = `wizard-${stableHash(JSON.stringify(parts), 24)}`;
  const lines = parts.flatMap(({ type, text }) => [
    `--${border}`,
    `Content-Type: ${type}; charset="utf-8"`,
    'Content-Transfer-Encoding: quoted-printable',
    '',
    quotedPrintable(text),
  ]);
  return [
    'MIME-Version: 1.0',
    `Content-Type: multipart/mixed; boundary="${border}"`,
    '',
    ...lines,
    `--${border}--`,
    '',
  ].join('\n');
}

/**
 * Only what must be is quoted: other bytes than ASCII, which Python's reader of MIME would garble, the sign itself, and blanks at the
 * end of a line. Lines stay as long as they are, which that reader takes.
 */
const quotedPrintable = (text: string): string =>
  text.replaceAll(/[^\n\t -<>-~]|[ \t]$/gmu, (sign) =>
    [...Buffer.from(sign)].map((byte) => `=${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  );

const tooLong = (claim: Claim, bytes: number): WizardError =>
  new WizardError(
    `starting ${claimName(claim)}: its user-data has ${bytes} bytes even when compressed, and EC2 takes ${longestUserData}`,
    {
      code: 'ec2/user-data-too-long',
      remedy: 'change-input',
      hint: 'Move long "config" texts of services into an image of your own.',
    },
  );
