import { z } from 'zod';
import type { News } from '../../../domain/news.ts';
import { WizardError } from '../../../domain/wizard-error.ts';
import { systemClock } from '../../../kit/clock.ts';
import type { Secret } from '../../../kit/secret.ts';
import type { Announcer } from '../../../ports/announcer.ts';
import type { Clock } from '../../../ports/clock.ts';
import { renderNews } from './render.ts';
import { SlackRefusal } from './slack-error.ts';
import { slackHttp } from './slack-http.ts';

export interface SlackWebhookOptions {
  /** The whole URL: whoever knows it can post. */
  readonly webhookUrl: Secret;
  readonly clock?: Clock;
}

const handleShape = z.object({ said: z.string() });

/**
 * Posts through an incoming webhook, best effort: such messages cannot be found, edited or deleted. So it speaks only at the four
 * turns that matter (building, live, failed, closed), and at least once: a post whose answer was lost is said again.
 */
export function webhookAnnouncer(options: SlackWebhookOptions): Announcer {
  const http = slackHttp(options.clock ?? systemClock);
  const url = checkedUrl(options.webhookUrl);
  return {
    kind: 'slack',
    async announce(news, last, call) {
      const said = handleShape.safeParse(last).data?.said;
      const turn = turnOf(news, said);
      if (turn === undefined || turn === said) return last ?? {};
      const doing = 'posting to a Slack incoming webhook';
      const answer = await http({
        doing,
        url,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify({ ...renderNews(news), unfurl_links: false, unfurl_media: false }),
        signal: call.signal,
      });
      if (answer.status !== 200) throw new SlackRefusal(doing, answer.text.trim());
      return { said: turn };
    },
  };
}

/** What there is to say, as a word that differs when it is worth saying again; missing: nothing. */
function turnOf(news: News, said: string | undefined): string | undefined {
  const over = said === undefined || said === 'closed';
  if (news.phase === 'live') return `live ${news.liveSha ?? news.headSha}`;
  if (news.phase === 'failed') return `failed ${news.headSha} ${news.failure?.step ?? ''}`;
  if (news.phase === 'building') return over && news.worthAMessage ? 'building' : undefined;
  if (news.phase === 'closed') return over ? undefined : 'closed';
  return undefined;
}

function checkedUrl(secret: Secret): string {
  const url = URL.parse(secret.reveal());
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isLoopback(url.hostname))) return url.href;
  // Without the text as cause: it is the secret.
  throw new WizardError('reading the URL of a Slack incoming webhook: it is not an https URL', {
    code: 'slack/bad-webhook-url',
    remedy: 'fix-setup',
    hint: 'copy the whole URL from the page of the app, https://hooks…',
  });
}

const isLoopback = (host: string): boolean => host === 'localhost' || host === '[::1]' || host.startsWith('127.');
