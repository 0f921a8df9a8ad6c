import type { JsonObject } from '../domain/json.ts';

/** What can be done with the messages of one environment in one place. `At` is where a message is: its id. */
export interface OwnMessages<At> {
  /** Ours with our marker, oldest first; `near` is a message in whose neighbourhood it is enough to look. */
  find(near: At | undefined): Promise<readonly At[]>;
  post(): Promise<At>;
  /** False: it was deleted or is not ours. */
  edit(at: At): Promise<boolean>;
  /** Gone already is success. */
  remove(at: At): Promise<void>;
}

/** What is remembered of the message between two pieces of news. */
export interface KeptMessage<At> {
  readonly at: At;
  /** Hash of what it says; missing: unknown. */
  readonly said?: string | undefined;
  /** Looked for a twin after it was posted. */
  readonly settled: boolean;
  /** The commit for which it was posted anew after someone deleted it. */
  readonly anewFor?: string | undefined;
}

export interface Saying {
  /** Hash of what the message shall say. */
  readonly said: string;
  /** The wanted commit: a deleted message is posted anew once for each. */
  readonly commit: string;
  /** False: an existing message is edited, a new one is not made. */
  readonly mayPost: boolean;
  /** The end: the last occasion to find a twin. */
  readonly isLast: boolean;
}

/**
 * Keeps exactly one message up to date however often a call was cut short. Without memory it looks for the marker before it
 * posts; of several the oldest stays. A post that was given up may land after the next one succeeded, so it looks once more with
 * the news that follows a post, and with the last.
 */
export async function keepOneMessage<At>(
  messages: OwnMessages<At>,
  kept: KeptMessage<At> | undefined,
  saying: Saying,
): Promise<KeptMessage<At> | undefined> {
  const { said, commit, mayPost } = saying;
  const found = kept ?? (await oldestOf(messages, undefined));
  if (!found) return mayPost ? { at: await messages.post(), said, settled: false } : undefined;
  const known = kept && isTimeToLook(kept, saying) ? await withoutTwins(messages, kept) : found;
  if (known.said === said) return known;
  if (await messages.edit(known.at)) return { ...known, said };
  if (!mayPost || known.anewFor === commit) return { ...known, said };
  // Perhaps it was posted anew already and only the answer was lost.
  const other = await oldestOf(messages, undefined);
  if (other && (await messages.edit(other.at))) return { ...other, said, anewFor: commit };
  return { at: await messages.post(), said, settled: false, anewFor: commit };
}

const isTimeToLook = <At>(kept: KeptMessage<At>, { said, isLast }: Saying): boolean =>
  !kept.settled || (isLast && kept.said !== said);

async function oldestOf<At>(messages: OwnMessages<At>, near: At | undefined): Promise<KeptMessage<At> | undefined> {
  const [oldest, ...twins] = await messages.find(near);
  for (const twin of twins) await messages.remove(twin);
  return oldest === undefined ? undefined : { at: oldest, settled: false };
}

async function withoutTwins<At>(messages: OwnMessages<At>, kept: KeptMessage<At>): Promise<KeptMessage<At>> {
  const oldest = await oldestOf(messages, kept.at);
  if (!oldest || JSON.stringify(oldest.at) === JSON.stringify(kept.at)) return { ...kept, settled: true };
  return { at: oldest.at, settled: true, ...(kept.anewFor === undefined ? {} : { anewFor: kept.anewFor }) };
}

/** As a handle: what is missing is left out. */
export const keptAsJson = <At extends JsonObject | number>(kept: KeptMessage<At>): JsonObject => ({
  at: kept.at,
  settled: kept.settled,
  ...(kept.said === undefined ? {} : { said: kept.said }),
  ...(kept.anewFor === undefined ? {} : { anewFor: kept.anewFor }),
});
