import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { Payload } from '../../demo/github-webhook.ts';

/** A payload as GitHub once sent it. `host` is `api.github.com` or an Enterprise release (`ghes-35`). */
export interface RecordedPayload {
  readonly host: string;
  readonly event: string;
  readonly action: string | undefined;
  readonly payload: Payload;
}

const hosts = ['api.github.com', 'ghes-31', 'ghes-32', 'ghes-33', 'ghes-34', 'ghes-35'];

/** Every recorded `pull_request` payload there is: all actions, of github.com and five Enterprise releases. */
export const allPullRequestPayloads = (): readonly RecordedPayload[] =>
  hosts.flatMap((host) => payloadsOf(host)).filter(({ event }) => event === 'pull_request');

/** Every recorded payload of every event of github.com. */
export const allPayloads = (): readonly RecordedPayload[] => payloadsOf('api.github.com');

/** The fullest recorded payload of this event and action on github.com. */
export function recordedPayload(event: string, action?: string): Payload {
  const fitting = allPayloads().filter((one) => one.event === event && (action === undefined || one.action === action));
  const fullest = fitting.toSorted((a, b) => size(b.payload) - size(a.payload))[0];
  if (!fullest) throw new Error(`finding a recorded payload: there is none for ${event} ${action ?? ''}`);
  return fullest.payload;
}

const size = (payload: Payload): number => JSON.stringify(payload).length;
const read = new Map<string, readonly RecordedPayload[]>();

function payloadsOf(host: string): readonly RecordedPayload[] {
  const known = read.get(host);
  if (known) return known;
  const all: { name: string; examples: Payload[] }[] = JSON.parse(
    readFileSync(join(folder(), host, 'index.json'), 'utf8'),
  );
  const payloads = all.flatMap(({ name, examples }) =>
    examples.map((payload) => ({
      host,
      event: name,
      action: typeof payload['action'] === 'string' ? payload['action'] : undefined,
      payload,
    })),
  );
  read.set(host, payloads);
  return payloads;
}

const folder = (): string => dirname(createRequire(import.meta.url).resolve('@octokit/webhooks-examples/package.json'));
