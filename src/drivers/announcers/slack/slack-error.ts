import { type Remedy, WizardError } from '../../../domain/wizard-error.ts';

const wayIn = 'put the bot token of an app that is installed in the workspace into the announcer of wizard.yml';
const invite = 'invite the app to the channel (/invite @APP) or correct the channel in wizard.yml';
const scopes = 'give the app the scopes that docs/announcers.md lists and install it anew';
const workspace = 'ask an administrator of the workspace to let the app write there';

/** What an operator must do, by Slack's error code. */
const setupHints: Readonly<Record<string, string>> = {
  not_authed: wayIn,
  invalid_auth: wayIn,
  invalid_token: 'make a new incoming webhook and put its URL into wizard.yml',
  account_inactive: wayIn,
  token_revoked: wayIn,
  token_expired: wayIn,
  not_allowed_token_type: wayIn,
  missing_scope: scopes,
  no_permission: scopes,
  metadata_must_be_sent_from_app: wayIn,
  channel_not_found: invite,
  not_in_channel: invite,
  is_archived: 'unarchive the channel or name another one in wizard.yml',
  channel_is_archived: 'unarchive the channel or name another one in wizard.yml',
  channel_type_not_supported: 'name a channel, not a direct message, in wizard.yml',
  method_not_supported_for_channel_type: 'name a channel, not a direct message, in wizard.yml',
  edit_window_closed: 'let apps edit their messages for longer in the settings of the workspace',
  restricted_action: workspace,
  restricted_action_read_only_channel: workspace,
  access_denied: workspace,
  team_access_not_granted: workspace,
  enterprise_is_restricted: workspace,
  ekm_access_denied: workspace,
  org_login_required: workspace,
  two_factor_setup_required: workspace,
  accesslimited: workspace,
  action_prohibited: workspace,
  user_not_found: 'make a new incoming webhook and put its URL into wizard.yml',
  no_service: 'make a new incoming webhook and put its URL into wizard.yml',
  no_service_id: 'make a new incoming webhook and put its URL into wizard.yml',
  no_active_hooks: 'make a new incoming webhook and put its URL into wizard.yml',
  no_team: 'make a new incoming webhook and put its URL into wizard.yml',
  team_disabled: 'the workspace is switched off: name another one in wizard.yml',
};

/** Slack's own trouble. Slack says of some of these that a part may have taken effect, so the next try looks first. */
const passing: ReadonlySet<string> = new Set([
  'ratelimited',
  'rate_limited',
  'message_limit_exceeded',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
  'rollup_error',
  'update_failed',
  'team_added_to_org',
]);

/** An answer in which Slack named what is wrong. `slackCode` is its word. */
export class SlackRefusal extends WizardError {
  readonly slackCode: string;

  constructor(doing: string, slackCode: string, afterMs?: number) {
    const word = /^[a-z_]{1,60}$/.test(slackCode) ? slackCode : 'unknown_error';
    const hint = setupHints[word];
    super(`${doing}: Slack says ${word}`, {
      code: `slack/${word.replaceAll('_', '-')}`,
      remedy: remedyFor(word),
      ...(hint === undefined ? {} : { hint }),
      ...(afterMs === undefined ? {} : { afterMs }),
    });
    this.slackCode = word;
  }
}

function remedyFor(word: string): Remedy {
  if (setupHints[word] !== undefined) return 'fix-setup';
  return passing.has(word) ? 'try-again' : 'report-bug';
}

/** Whether Slack refused with one of these codes. */
export const isRefusal = (error: unknown, ...codes: readonly string[]): error is SlackRefusal =>
  error instanceof SlackRefusal && codes.includes(error.slackCode);

/** No usable answer: whether it took effect is unknown. */
export const noAnswer = (doing: string, what: string, cause?: unknown): WizardError =>
  new WizardError(`${doing}: ${what}`, {
    code: 'slack/no-answer',
    remedy: 'try-again',
    ...(cause === undefined ? {} : { cause }),
  });
