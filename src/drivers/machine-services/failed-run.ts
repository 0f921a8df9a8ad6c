import type { Claim } from '../../domain/claim.ts';
import { scriptStatus } from '../../domain/shell-text.ts';
import type { Remedy } from '../../domain/wizard-error.ts';
import { maskSecrets } from '../../kit/supervised-run/mask-secrets.ts';
import { lastLines } from '../../kit/supervised-run/run-log.ts';
import type { Observation } from '../../ports/resource-driver.ts';
import type { Room } from './room.ts';
import { secretsOf } from './settings-files.ts';

const shownLines = 20;

/** A line of our own script, which says what it was about. */
const said = /^== (.*)$/;
const sayings = /^(failed with status \d+|[a-z0-9-]+ failed)$/;

/** What to tell of a run that ended with this status. */
export async function failedRun(room: Room, claim: Claim, status: number): Promise<Observation> {
  const lines = await linesOf(room, claim);
  const why = lines.map((line) => said.exec(line)?.[1]).findLast((line) => line !== undefined && !sayings.test(line));
  return brokenRun(`the services did not start${why ? `: ${why}` : ''}`, remedyFor(status), lines);
}

export const killedRun = async (room: Room, claim: Claim): Promise<Observation> =>
  brokenRun('what starts the services was ended on the machine from outside', 'try-again', await linesOf(room, claim));

function remedyFor(status: number): Remedy {
  if (status === scriptStatus.setup) return 'fix-setup';
  return status === scriptStatus.again ? 'try-again' : 'change-input';
}

const brokenRun = (note: string, remedy: Remedy, lines: readonly string[]): Observation => ({
  is: 'broken',
  note,
  remedy,
  lastLines: lines.slice(-shownLines),
});

async function linesOf(room: Room, claim: Claim): Promise<string[]> {
  const about = await room.folders.read(claim);
  if (typeof about === 'string') return [];
  return lastLines(room.folders.pathOf(claim), 60, maskSecrets(secretsOf(about.spec, room.options.secrets)));
}
