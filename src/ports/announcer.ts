import type { JsonObject } from '../domain/json.ts';
import type { News } from '../domain/news.ts';
import type { Call } from './call.ts';

/**
 * Shows the latest state of an environment somewhere people look. Laws: the same news twice is one message; a message is found
 * again by the handle, else by its marker, and checked to be ours before it is edited; of several with our marker the oldest
 * stays and the others go; news of an environment that ended without ever being announced makes no message.
 */
export interface Announcer {
  readonly kind: string;
  /** Tells it from others of its kind, across restarts. Missing: there is but one. */
  readonly name?: string;
  /** Says `news` and answers the handle to edit it by next time. `last` is the handle of before, if any. */
  announce(news: News, last: JsonObject | undefined, call: Call): Promise<JsonObject>;
}
