import type { Generated } from 'kysely';

/** The rows, the same on SQLite and PostgreSQL. Times are milliseconds since 1970; `json` columns hold JSON text. */
export interface Tables {
  deliveries: DeliveryRow;
  environments: EnvironmentRow;
  resources: ResourceRow;
  timeline: TimelineRow;
  announcements: AnnouncementRow;
  migrations: { version: number; at: number };
}

export interface DeliveryRow {
  id: Generated<number>;
  guid: string;
  event: string;
  action: string | null;
  repository_name: string | null;
  number: number | null;
  received_at: number;
  body: Uint8Array;
  body_hash: string | null;
  size: number;
  decision: string;
  reason: string;
  environment_id: string | null;
  repeats: number;
}

export interface EnvironmentRow {
  id: string;
  repository_id: string;
  repository_name: string;
  number: number;
  hosts: string;
  requested: number;
  observed: number;
  pull: string | null;
  choices: string;
  phase: string;
  because: string;
  phase_since: number;
  created_at: number;
  wanted_since: number;
  live_sha: string | null;
  closed_at: number | null;
  receipt: string | null;
}

export interface ResourceRow {
  environment_id: string;
  role: string;
  kind: string;
  generation: number;
  spec: string;
  needs: string;
  intended_at: number;
  acknowledged_at: number | null;
  status: string;
  note: string;
  facts: string;
  ready_at: number | null;
  gone_at: number | null;
  replaced: number;
  failures: number;
  not_before: number;
  parked: string | null;
}

export interface TimelineRow {
  id: Generated<number>;
  environment_id: string;
  at: number;
  about: string;
  what: string;
  message: string;
  took_ms: number | null;
  details: string;
}

export interface AnnouncementRow {
  environment_id: string;
  announcer: string;
  said: string | null;
  handle: string | null;
  failures: number;
  not_before: number;
}
