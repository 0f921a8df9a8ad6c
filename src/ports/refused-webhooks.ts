/** Requests to the webhook that were refused for one reason, since the server started. They are counted, not stored. */
export interface RefusedWebhooks {
  readonly status: number;
  readonly reason: string;
  readonly times: number;
  readonly lastAt: number;
}
