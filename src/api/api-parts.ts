import type { Secret } from '../kit/secret.ts';
import type { Log } from '../ports/call.ts';
import type { Clock } from '../ports/clock.ts';
import type { DataBakes } from '../ports/data-bakes.ts';
import type { RefusedWebhooks } from '../ports/refused-webhooks.ts';
import type { Requests, Views } from '../ports/requests.ts';
import type { SavedStates } from '../ports/saved-states.ts';
import type { DeliveryStore } from '../ports/store.ts';

/** What the API stands on. */
export interface ApiParts {
  readonly requests: Requests;
  readonly views: Views;
  readonly deliveries: Pick<DeliveryStore, 'list' | 'findBody'>;
  /** Webhooks that were refused since the start. */
  readonly refused: () => readonly RefusedWebhooks[];
  readonly bakes: Pick<DataBakes, 'list' | 'find' | 'bake' | 'readLog'>;
  readonly states: SavedStates;
  /** Who has it may do everything: it is the operator's. */
  readonly token: Secret;
  readonly log: Log;
  readonly version: string;
  /** How full the disk of the data is; missing: nobody looks. */
  readonly disk?: () => { readonly is: 'roomy' | 'low' | 'full'; readonly text: string };
  /** Defaults to the machine's. */
  readonly clock?: Clock;
  /** What every text passes on its way out; defaults to the redactor of this process. */
  readonly redact?: (text: string) => string;
  /** Ends the event streams when it aborts, so that the server can stop. */
  readonly signal?: AbortSignal;
}
