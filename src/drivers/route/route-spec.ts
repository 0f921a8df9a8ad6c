import { z } from 'zod';
import { WizardError } from '../../domain/wizard-error.ts';

const target = z.strictObject({
  /** Lower case, without port. */
  host: z.string().regex(/^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?$/),
  port: z.int().min(1).max(65_535),
  /** Of the machine that has the port; missing: this one's loopback. */
  address: z.union([z.ipv4(), z.ipv6()]).exactOptional(),
});

const routeSpec = z.strictObject({
  /** The commit that the processes behind the ports run: 40 hexadecimal digits. */
  revision: z.string().regex(/^[0-9a-f]{40}$/),
  /** Endpoint → where its host leads. */
  targets: z.record(z.string(), target),
});

export type RouteSpec = z.infer<typeof routeSpec>;

/** The spec if it is one; throws `route/bad-spec`, which only a defect of ours brings about. */
export function routeSpecOf(spec: unknown): RouteSpec {
  const read = routeSpec.safeParse(spec);
  if (read.success) return read.data;
  throw new WizardError(`reading the spec of a route: ${z.prettifyError(read.error)}`, {
    code: 'route/bad-spec',
    remedy: 'report-bug',
  });
}

/** What a route file says, or `undefined` when it is cut short or not ours. */
export function readRouteSpec(text: string): RouteSpec | undefined {
  try {
    return routeSpec.safeParse(JSON.parse(text)).data;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
