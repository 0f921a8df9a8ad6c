import { WizardError } from '../../../domain/wizard-error.ts';
import type { Verdict } from './tsig.ts';
import type { Reply } from './wire.ts';

export const rcodeOf = {
  noError: 0,
  servFail: 2,
  nxDomain: 3,
  refused: 5,
  yxDomain: 6,
  yxRrset: 7,
  nxRrset: 8,
  notAuth: 9,
  notZone: 10,
} as const;

/** Of the signature. */
const tsigError = { badSig: 16, badKey: 17, badTime: 18 } as const;

interface ErrorSetting {
  readonly doing: string;
  readonly zone: string;
}

/** What an answer means that is not signed as it should be. */
export function mistrusted(verdict: Verdict, reply: Reply, { doing, zone }: ErrorSetting): WizardError {
  if (typeof verdict === 'object') return signatureRefused(verdict.error, doing);
  // With a key that it does not know a server cannot sign; PowerDNS says no more than that.
  if (verdict === 'unsigned' && reply.rcode === rcodeOf.notAuth) return keyRefused(doing, 'NOTAUTH', anyOfKey);
  // Nobody gains much by forging a refusal, and servers do not sign all of theirs.
  if (verdict === 'unsigned' && reply.rcode !== rcodeOf.noError) return refusedBy(reply, { doing, zone });
  return new WizardError(`${doing}: the answer of the name server is ${verdict}, so it is not believed`, {
    code: 'dns/unsigned-answer',
    remedy: 'fix-setup',
    hint: 'Check that the name server signs its answers with the key under dns, and that nothing between changes them.',
  });
}

function signatureRefused(error: number, doing: string): WizardError {
  if (error === tsigError.badTime) {
    return new WizardError(`${doing}: the name server says that our time is wrong (BADTIME)`, {
      code: 'dns/wrong-time',
      remedy: 'fix-setup',
      hint: 'Set the clocks of this server and of the name server; they may differ by five minutes.',
    });
  }
  if (error === tsigError.badKey) return keyRefused(doing, 'BADKEY', unknownKey);
  return keyRefused(doing, error === tsigError.badSig ? 'BADSIG' : `error ${error}`, otherSecret);
}

const unknownKey =
  'Check "name" and "algorithm" of the key under dns: the name server does not know it, or does not let it change this zone.';
const otherSecret =
  'Check "secret" and "algorithm" of the key under dns: the name server has another one under this name.';
const anyOfKey =
  'Check "name", "algorithm" and "secret" of the key under dns, the clock of this server, and that the name server keeps "zone".';

const keyRefused = (doing: string, said: string, hint: string): WizardError =>
  new WizardError(`${doing}: the name server refuses the key (${said})`, {
    code: 'dns/refused-key',
    remedy: 'fix-setup',
    hint,
  });

/** What a refusal of the server means, by its number. */
export function refusedBy(
  { rcode, authoritative }: Pick<Reply, 'rcode' | 'authoritative'>,
  about: ErrorSetting,
): WizardError {
  const { doing, zone } = about;
  switch (rcode) {
    case rcodeOf.refused:
      return new WizardError(`${doing}: the name server refuses it (REFUSED)`, {
        code: 'dns/not-allowed',
        remedy: 'fix-setup',
        hint: `Let the key under dns read and change A, AAAA and TXT records of ${zone} at the name server.`,
      });
    case rcodeOf.notAuth:
    case rcodeOf.notZone:
      return noZone(doing, zone, rcode === rcodeOf.notAuth ? 'NOTAUTH' : 'NOTZONE');
    case rcodeOf.servFail:
      return new WizardError(`${doing}: the name server cannot do it just now (SERVFAIL)`, {
        code: 'dns/trouble',
        remedy: 'try-again',
        hint: 'Look at the log of the name server: often it may not write the file of its zone.',
      });
    case rcodeOf.noError:
    case rcodeOf.nxDomain:
      if (!authoritative) return noZone(doing, zone, 'its answer is from elsewhere');
      break;
  }
  return new WizardError(`${doing}: the name server answered with code ${rcode}`, {
    code: 'dns/unexpected-answer',
    remedy: 'try-again',
    hint: 'Check that the name server takes dynamic updates (RFC 2136).',
  });
}

const noZone = (doing: string, zone: string, why: string): WizardError =>
  new WizardError(`${doing}: the name server is not the one that keeps ${zone} (${why})`, {
    code: 'dns/no-zone',
    remedy: 'fix-setup',
    hint: 'Check "zone" and "server" under dns: the server must be the primary one of just this zone.',
  });
