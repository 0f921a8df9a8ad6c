import type { Announcer } from '../../../ports/announcer.ts';
import { botAnnouncer, type SlackBotOptions } from './bot-announcer.ts';
import { type SlackWebhookOptions, webhookAnnouncer } from './webhook-announcer.ts';

/** Tells a Slack channel: with a bot token one message that is kept up to date, with an incoming webhook a message a turn. */
export const slackAnnouncer = (options: SlackBotOptions | SlackWebhookOptions): Announcer =>
  'webhookUrl' in options ? webhookAnnouncer(options) : botAnnouncer(options);
