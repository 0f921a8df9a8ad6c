/** A message as the stand-in keeps it. */
export interface SlackPost {
  readonly ts: string;
  readonly botId: string;
  text: string;
  blocks: readonly unknown[];
  metadata: unknown;
  edits: number;
}

export interface SlackChannel {
  readonly id: string;
  readonly name: string;
  archived: boolean;
  /** Whether our app was invited. */
  joined: boolean;
  /** Oldest first. */
  readonly posts: SlackPost[];
}

/** What Slack holds: channels, their messages, who we are. Outlives every client. */
export interface SlackWorkspace {
  readonly channels: SlackChannel[];
  token: string;
  readonly webhookPath: string;
  readonly botId: string;
  readonly userId: string;
  /** Seconds since 1970, each asked once: what `ts` is made of. */
  readonly nextTs: () => string;
}

export function slackWorkspace(now: () => number = Date.now): SlackWorkspace {
  let last = 0;
  return {
    channels: [
      channel('C0PREVIEWS', 'previews'),
      channel('C0ELSEWHERE', 'elsewhere'),
      { ...channel('C0STRANGERS', 'strangers'), joined: false },
    ],
    token: 'xoxb-standin-token',
    webhookPath: '/services/T0STANDIN/B0STANDIN/secretsecretsecret',
    botId: 'B0WIZARD',
    userId: 'U0WIZARD',
    nextTs: () => {
      last = Math.max(last + 1, now() * 1000);
      return `${Math.floor(last / 1e6)}.${String(last % 1e6).padStart(6, '0')}`;
    },
  };
}

const channel = (id: string, name: string): SlackChannel => ({ id, name, archived: false, joined: true, posts: [] });

/** By id, or by name where a method takes names. */
export const findSlackChannel = (
  workspace: SlackWorkspace,
  wanted: string,
  byName: boolean,
): SlackChannel | undefined =>
  workspace.channels.find(({ id, name }) => id === wanted || (byName && name === wanted.replace(/^#/, '')));
