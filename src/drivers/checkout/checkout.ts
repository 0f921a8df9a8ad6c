import { join, resolve } from 'node:path';
import * as z from 'zod';
import type { JsonObject } from '../../domain/json.ts';
import type { RepositoryId, RepositoryRef } from '../../domain/pull-request.ts';
import { WizardError } from '../../domain/wizard-error.ts';
import type { DiskGuard } from '../../kit/disk-guard.ts';
import { localTraits } from '../../kit/local-look.ts';
import { madeDirectories } from '../../kit/made-directory.ts';
import type { Making } from '../../kit/making-task.ts';
import type { Log } from '../../ports/call.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CodeHost } from '../../ports/code-host.ts';
import type { DriverShared, ResourceDriver } from '../../ports/resource-driver.ts';
import { ensureCommit } from './ensure-commit.ts';
import { materialise } from './materialise.ts';
import { mirrorFolder } from './mirror-folder.ts';
import { writeSubmodules } from './write-submodules.ts';

export interface CheckoutOptions {
  /** Mirrors and checkouts are kept below it. */
  readonly dataDir: string;
  /** The code host of a repository; throws for one that is not configured. */
  readonly codeHostFor: (repository: RepositoryRef) => CodeHost;
  /** Repositories that may come as submodules of this one; missing: none, and their folders stay empty. */
  readonly submodulesOf?: (repository: RepositoryRef) => readonly string[];
  readonly shared: DriverShared;
  readonly clock: Clock;
  readonly log: Log;
  readonly disk?: DiskGuard | undefined;
  /** Of one fetch; default 10 minutes. */
  readonly fetchLimitMs?: number;
}

const commit = {
  repositoryId: z.string().min(1),
  repository: z.string().min(1),
  sha: z.string().regex(/^[0-9a-f]{40}$/),
};
const checkoutSpec = z.union([
  /** The head of a pull request. */
  z.object({ ...commit, number: z.int().min(1) }),
  /** A branch of another repository; `besides` is the id of the one whose code host it shares. */
  z.object({
    ...commit,
    branch: z.string().regex(/^[^\0-\x20~^:?*[\\-][^\0-\x20~^:?*[\\]*$/),
    besides: z.string().min(1),
  }),
]);
export type CheckoutSpec = z.infer<typeof checkoutSpec>;

/** A resource driver that works in the background until it is closed. */
export type CheckoutDriver = ResourceDriver & { close(): Promise<void> };

/**
 * The files of exactly one commit at `DATA/checkouts/CLAIM/`. Facts: `path`, `sha`. Its `.git` answers which commit and which files it
 * is (`git rev-parse HEAD`, `git ls-files`), and has no link to our mirror. Nothing that the repository brings is run, and of the pull
 * request only its number and hashes reach git.
 */
export function checkout(options: CheckoutOptions): CheckoutDriver {
  const { shared, clock, log, disk } = options;
  const dataDir = resolve(options.dataDir);
  const mirrors = mirrorFolder({ root: join(dataDir, 'mirrors'), log });
  const directories = madeDirectories({
    root: join(dataDir, 'checkouts'),
    what: 'the checkout',
    shared,
    clock,
    log,
    disk,
  });

  async function make(spec: CheckoutSpec, { path, signal, say }: Making): Promise<JsonObject> {
    const fetchLimitMs = options.fetchLimitMs ?? 10 * 60_000;
    const repository = { id: spec.repositoryId as RepositoryId, name: spec.repository };
    say(`getting commit ${spec.sha.slice(0, 7)} of ${spec.repository}`);
    const host = options.codeHostFor(
      'besides' in spec ? { ...repository, id: spec.besides as RepositoryId } : repository,
    );
    const ref = 'branch' in spec ? `refs/heads/${spec.branch}` : `refs/pull/${spec.number}/head`;
    const wanted = { repository, ref, sha: spec.sha, host, fetchLimitMs, call: { signal, log } };
    await ensureCommit(mirrors, wanted);
    say('writing the files');
    await mirrors.readingFrom(repository.id, signal, (mirror) => materialise({ mirror, spec, path, signal }));
    const allowed = 'branch' in spec ? [] : (options.submodulesOf?.(repository) ?? []);
    if (allowed.length > 0) {
      say('getting the submodules');
      const about = { mirrors, host, allowed, fetchLimitMs, call: { signal, log } };
      await writeSubmodules(about, { repository, sha: spec.sha, path });
    }
    return { path, sha: spec.sha };
  }

  return {
    kind: 'checkout',
    traits: localTraits('cheap'),
    observe: directories.observe,
    create: async (claim, spec, call) => {
      const checked = parse(spec);
      await directories.begin(claim, spec, (making) => make(checked, making), call);
    },
    destroy: directories.remove,
    owned: directories.owned,
    close: async () => {
      await directories.close();
      await mirrors.close();
    },
  };
}

function parse(spec: JsonObject): CheckoutSpec {
  const checked = checkoutSpec.safeParse(spec);
  if (checked.success) return checked.data;
  throw new WizardError('creating a checkout: what is asked for is not a commit', {
    code: 'checkout/bad-spec',
    remedy: 'change-input',
    cause: checked.error,
  });
}
