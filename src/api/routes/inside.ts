import type { ApiParts } from '../api-parts.ts';
import type { StreamEvent } from '../event-stream.ts';

/** What the routes work with. */
export interface Inside {
  readonly parts: ApiParts & Required<Pick<ApiParts, 'clock' | 'redact'>>;
  /** The same reply with known secrets taken out of every text. */
  readonly clean: <Reply>(reply: Reply) => Reply;
  readonly stream: (source: (ends: AbortSignal) => AsyncGenerator<StreamEvent>) => Response;
}
