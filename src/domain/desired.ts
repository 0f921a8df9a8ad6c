import type { Environment } from './environment.ts';
import type { Policy } from './policy.ts';
import { isFromFork, shortSha } from './pull-request.ts';

/** What should be there for one environment, and why. */
export type Wish =
  | {
      readonly want: 'present';
      readonly sha: string;
      readonly trusted: boolean;
      readonly asleep?: boolean;
      readonly because: string;
      /** A newer commit that is not built before somebody approves it. */
      readonly awaitsApproval?: string;
    }
  /** `ended`: its pull request is closed; otherwise it is open and waits for something. */
  | {
      readonly want: 'gone';
      readonly ended: boolean;
      readonly because: string;
      /** The commit that somebody must approve before anything is made. */
      readonly awaitsApproval?: string;
    };

const gone = (because: string, ended = false): Extract<Wish, { want: 'gone' }> => ({ want: 'gone', ended, because });

const asleepBecause = 'it was put to sleep; `wizard wake` or a push brings it back';

/**
 * The desired state of an environment, from its pull request as last read, what people chose, and the operator's policy
 * (missing: the repository is no longer configured). Pure: the same question has the same answer.
 */
export function desired(environment: Environment, policy: Policy | undefined): Wish {
  const { pull, choices } = environment;
  if (environment.number === 0) return gone('no pull request claims it', true);
  if (!policy) return gone('its repository is no longer configured', true);
  if (!pull) return gone('its pull request has not been read yet');
  if (pull.state === 'closed')
    return gone(pull.merged ? 'its pull request was merged' : 'its pull request was closed', true);
  if (choices.heldGone) return gone('it was taken away by hand; `wizard redeploy` brings it back');
  if (pull.draft && policy.drafts === 'ignore') return gone('its pull request is a draft');
  if (policy.labels.length > 0 && !policy.labels.some((label) => pull.labels.includes(label))) {
    return gone(`its pull request has none of the labels ${policy.labels.join(', ')}`);
  }
  if (isFromFork(pull)) return fromFork(environment, policy, pull.headSha);
  const sha = choices.pinnedSha ?? pull.headSha;
  if (choices.asleep) return { want: 'present', sha, trusted: true, asleep: true, because: asleepBecause };
  return {
    want: 'present',
    sha,
    trusted: true,
    because: choices.pinnedSha ? `pinned to ${shortSha(sha)}` : 'its pull request is open',
  };
}

/** Approval binds one commit: what was pushed after it is not built, and what was approved stays. */
function fromFork({ choices }: Environment, policy: Policy, headSha: string): Wish {
  if (policy.forks === 'never') return gone('it comes from a fork, and forks are not built here');
  const { approval } = choices;
  if (!approval) {
    const because = `it comes from a fork: waiting for a member to approve commit ${shortSha(headSha)}`;
    return { ...gone(because), awaitsApproval: headSha };
  }
  const because =
    approval.sha === headSha
      ? `commit ${shortSha(headSha)} was approved by ${approval.by}`
      : `commit ${shortSha(headSha)} waits for approval; ${shortSha(approval.sha)} stays`;
  const awaits = approval.sha === headSha ? {} : { awaitsApproval: headSha };
  const approved = { want: 'present', sha: approval.sha, trusted: false, because, ...awaits } as const;
  return choices.asleep ? { ...approved, asleep: true, because: asleepBecause } : approved;
}
