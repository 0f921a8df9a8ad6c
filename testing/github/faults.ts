import { problem } from './rendering.ts';

/** What can go wrong between us and GitHub. Those `after` do what was asked, and then lose the answer. */
export type Fault =
  | 'unauthorized'
  | 'forbidden'
  | 'not-found'
  | 'trouble'
  | 'primary-limit'
  | 'secondary-limit'
  | 'secondary-limit-without-header'
  | 'too-many-requests'
  | 'no-answer'
  | 'cut'
  | 'cut-after'
  | 'cut-in-body'
  | 'truncated-json'
  | 'empty-list'
  | 'lost-link';

export interface FaultPlan {
  /** Part of `GET /repos/acme/shop/pulls?page=2`, or a pattern. */
  readonly on: string | RegExp;
  readonly fault: Fault;
  /** 1 when missing. */
  readonly times?: number;
}

export interface Faults {
  plan(plan: FaultPlan): void;
  clear(): void;
  /** Takes the next fault meant for this request. */
  take(request: string): Fault | undefined;
}

export function faults(): Faults {
  let plans: { plan: FaultPlan; left: number }[] = [];
  return {
    plan: (plan) => void plans.push({ plan, left: plan.times ?? 1 }),
    clear() {
      plans = [];
    },
    take(request) {
      const found = plans.find(
        ({ plan, left }) =>
          left > 0 && (typeof plan.on === 'string' ? request.includes(plan.on) : plan.on.test(request)),
      );
      if (found) found.left -= 1;
      return found?.plan.fault;
    },
  };
}

export interface Refusal {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly node: unknown;
}

/** What GitHub says instead; `undefined` for faults of the connection. */
export function refusalOf(fault: Fault, nowMs: number): Refusal | undefined {
  const limits = '/using-the-rest-api/rate-limits-for-the-rest-api';
  const refusals: Partial<Record<Fault, Refusal>> = {
    unauthorized: { status: 401, headers: {}, node: problem('Bad credentials') },
    forbidden: {
      status: 403,
      headers: { 'x-accepted-github-permissions': 'pull_requests=read' },
      node: problem('Resource not accessible by integration'),
    },
    'not-found': { status: 404, headers: {}, node: problem('Not Found') },
    trouble: { status: 500, headers: {}, node: problem('Server Error') },
    'primary-limit': {
      status: 403,
      headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': String(Math.floor(nowMs / 1000) + 120) },
      node: problem('API rate limit exceeded', `${limits}#primary-rate-limits`),
    },
    'secondary-limit': {
      status: 403,
      headers: { 'retry-after': '30' },
      node: problem('You have exceeded a limit', `${limits}#about-secondary-rate-limits`),
    },
    'secondary-limit-without-header': {
      status: 403,
      headers: {},
      node: problem('You have exceeded a limit', `${limits}#about-secondary-rate-limits`),
    },
    'too-many-requests': { status: 429, headers: { 'retry-after': '7' }, node: problem('Too many requests') },
  };
  return refusals[fault];
}
