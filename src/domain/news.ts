import type { EnvironmentId } from './claim.ts';
import type { Phase, Receipt } from './environment.ts';
import type { Migrations } from './migrations.ts';
import type { RepositoryRef } from './pull-request.ts';
import type { Remedy } from './wizard-error.ts';

/** The whole state of an environment as people are told it. Announcers render it; all text from the pull request is hostile. */
export interface News {
  readonly environment: EnvironmentId;
  readonly repository: RepositoryRef;
  readonly number: number;
  readonly title: string;
  readonly author: string;
  readonly pullUrl: string;
  readonly phase: Phase;
  /** A sentence for people: "waiting for approval by a member". */
  readonly because: string;
  /** The commit that is wanted; `liveSha` is the one that serves (missing: none). */
  readonly headSha: string;
  readonly liveSha?: string;
  /** A newer commit of a fork, which is not built before a member approves it; what was approved stays. */
  readonly awaitsApproval?: string;
  readonly urls: readonly { readonly endpoint: string; readonly url: string }[];
  /** Whether they lead to the live page until the application answers; otherwise to a machine that does not answer yet. */
  readonly urlsShowProgress: boolean;
  /** The server's address, where the environment has one of its own. */
  readonly address?: string;
  /** From wanting this commit to serving it. */
  readonly tookMs?: number;
  readonly failure?: {
    readonly step: string;
    readonly message: string;
    readonly hint?: string;
    readonly lastLines: readonly string[];
    /** `change-input`: the commit's own fault; any other: ours. Missing: unknown. */
    readonly remedy?: Remedy;
  };
  /** What its release steps made of its databases; missing: nothing that is worth telling. */
  readonly migrations?: readonly Migrations[];
  readonly receipt?: Receipt;
  /** False while nothing was ever made for it and it waits for nobody's approval: then only an existing message is edited. */
  readonly worthAMessage: boolean;
}
