import type { Clock } from '../../../ports/clock.ts';
import { noAnswer, SlackRefusal } from './slack-error.ts';

export interface SlackAnswer {
  readonly status: number;
  readonly text: string;
}

export interface SlackRequest {
  /** For messages: `posting to Slack`. Never the URL: that of a webhook is a secret. */
  readonly doing: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly signal: AbortSignal;
}

const answerLimitMs = 20_000;
/** Slack always sends Retry-After; without it we wait as long as it usually says. */
const usualWaitMs = 30_000;

/**
 * Sends one request and never repeats it: after a lost answer only the caller knows how to look first. When Slack asks for
 * patience, every call is refused here until that time is over, so that we never knock in vain.
 */
export function slackHttp(clock: Clock): (request: SlackRequest) => Promise<SlackAnswer> {
  let quietUntil = 0;
  return async (request) => {
    const waitMs = quietUntil - clock.monotonic();
    if (waitMs > 0) throw new SlackRefusal(request.doing, 'ratelimited', waitMs);
    const { response, text } = await send(request);
    if (response.status === 429) {
      const afterMs = retryAfterMs(response.headers.get('retry-after'));
      quietUntil = clock.monotonic() + afterMs;
      throw new SlackRefusal(request.doing, 'ratelimited', afterMs);
    }
    if (response.status >= 500) throw noAnswer(request.doing, `Slack answered ${response.status}`);
    return { status: response.status, text };
  };
}

async function send(request: SlackRequest): Promise<{ response: Response; text: string }> {
  const { doing, url, headers, body, signal } = request;
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(answerLimitMs)]),
    });
    return { response, text: await response.text() };
  } catch (error) {
    throw noAnswer(doing, signal.aborted ? 'stopped before Slack answered' : 'no answer from Slack', error);
  }
}

function retryAfterMs(header: string | null): number {
  const seconds = Number(header);
  return header !== null && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : usualWaitMs;
}
