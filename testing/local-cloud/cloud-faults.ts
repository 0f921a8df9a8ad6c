/** What goes wrong with one call. */
export type CloudFault =
  /** Refused with AWS's code; nothing happens. Message and status: AWS's usual ones. */
  | { readonly kind: 'refused'; readonly code: string; readonly message?: string; readonly status?: number }
  /** Too many requests, in the service's own words. */
  | { readonly kind: 'throttled' }
  /** The session token is dead, in the service's own words. */
  | { readonly kind: 'dead-token' }
  /** The connection is cut before anything happens, or after everything did. */
  | { readonly kind: 'lost'; readonly effect: boolean }
  /** The connection is cut now; it takes effect `afterMs` later, or when `land` is called. */
  | { readonly kind: 'late'; readonly afterMs?: number }
  /** Takes effect; half of the answer arrives, then the connection is cut. */
  | { readonly kind: 'half' }
  /** A 500 or 503 without words, before or after it took effect. */
  | { readonly kind: 'broken'; readonly status: 500 | 503; readonly effect: boolean }
  /** Takes effect and is answered only after a while. */
  | { readonly kind: 'slow'; readonly ms: number };

/** One call, as whoever plans faults sees it. Input is typed by AWS's description. */
export interface CloudCall {
  readonly service: 'ec2' | 'route53';
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

export interface CloudFaults {
  /** The next `times` calls of `operation` (those that fit `when`) go wrong so, after those planned before. */
  next(operation: string, fault: CloudFault, times?: number, when?: (call: CloudCall) => boolean): void;
  /** Every such call goes wrong so, until the answer is called. */
  always(operation: string, fault: CloudFault, when?: (call: CloudCall) => boolean): () => void;
  /** Asked for every call that nothing else was planned for: for faults by seeded chance. */
  choose(chooser: (call: CloudCall) => CloudFault | undefined): void;
  /** Lets the late calls without a time take effect now. Resolves when they did. */
  land(): Promise<void>;
  /** Late calls that have not taken effect yet. */
  readonly late: number;
  /** Planned faults that no call met: zero at the end of a good test. */
  readonly unmet: number;
  /** Forgets all plans. Late calls stay late. */
  clear(): void;
}

export interface FaultDesk extends CloudFaults {
  take(call: CloudCall): CloudFault | undefined;
  wait(effect: () => Promise<void>): void;
}

interface Plan {
  readonly operation: string;
  readonly fault: CloudFault;
  readonly when: (call: CloudCall) => boolean;
  left: number;
}

export function cloudFaults(): FaultDesk {
  const plans: Plan[] = [];
  const late: (() => Promise<void>)[] = [];
  let chooser: (call: CloudCall) => CloudFault | undefined = () => undefined;
  const forget = (plan: Plan): void => {
    if (plans.includes(plan)) plans.splice(plans.indexOf(plan), 1);
  };
  return {
    next(operation, fault, times = 1, when = () => true) {
      plans.push({ operation, fault, when, left: times });
    },
    always(operation, fault, when = () => true) {
      const plan = { operation, fault, when, left: Infinity };
      plans.push(plan);
      return () => forget(plan);
    },
    choose(next) {
      chooser = next;
    },
    take(call) {
      const plan = plans.find(({ operation, when }) => operation === call.operation && when(call));
      if (plan === undefined) return chooser(call);
      plan.left -= 1;
      if (plan.left === 0) forget(plan);
      return plan.fault;
    },
    wait: (effect) => void late.push(effect),
    async land() {
      for (const effect of late.splice(0)) await effect();
    },
    get late() {
      return late.length;
    },
    get unmet() {
      return plans.filter(({ left }) => left !== Infinity).reduce((sum, { left }) => sum + left, 0);
    },
    clear() {
      plans.length = 0;
      chooser = () => undefined;
    },
  };
}
