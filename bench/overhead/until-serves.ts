import { type Seen, until } from '../../demo/browse.ts';

/** Until a good answer comes from exactly this commit; whatever is refused or not ready is asked again. */
export const untilServes = (look: () => Promise<Seen>, header: string, sha: string): Promise<Seen> =>
  until(`commit ${sha.slice(0, 7)} to answer`, 60_000, async () => {
    const seen = await look().catch(() => undefined);
    return seen?.status === 200 && seen.headers[header] === sha ? seen : undefined;
  });
