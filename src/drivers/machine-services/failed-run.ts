import type { Claim } from '../../domain/claim.ts';
import type { Breakage } from '../../domain/observation.ts';
import { scriptStatus } from '../../domain/shell-text.ts';
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
  return brokenRun(`the services did not start${why ? `: ${why}` : ''}`, aboutOf(status), lines);
}

export const killedRun = async (room: Room, claim: Claim): Promise<Observation> =>
  brokenRun('what starts the services was ended on the machine from outside', notDone, await linesOf(room, claim));

type About = Pick<Breakage, 'remedy' | 'code' | 'hint'>;

const noData: About = {
  code: 'services/no-data',
  remedy: 'fix-setup',
  hint: 'Mend the data source in wizard.yml, or the way to it from the machine: it is the machine that fetches the data.',
};
const notDone: About = {
  code: 'services/not-done',
  remedy: 'try-again',
  hint: 'It is no fault of the commit. "wizard redeploy" tries it again.',
};
const failed: About = {
  code: 'services/failed',
  remedy: 'change-input',
  hint: 'Correct image, config or env under "services" of the recipe, or make "memory-disk" larger; the last lines say which.',
};

function aboutOf(status: number): About {
  if (status === scriptStatus.setup) return noData;
  return status === scriptStatus.again ? notDone : failed;
}

const brokenRun = (note: string, about: About, lines: readonly string[]): Observation => ({
  is: 'broken',
  note,
  ...about,
  lastLines: lines.slice(-shownLines),
});

async function linesOf(room: Room, claim: Claim): Promise<string[]> {
  const about = await room.folders.read(claim);
  if (typeof about === 'string') return [];
  return lastLines(room.folders.pathOf(claim), 60, maskSecrets(secretsOf(about.spec, room.options.secrets)));
}
