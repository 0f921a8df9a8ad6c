import { type Claim, parseClaim } from '../../domain/claim.ts';
import { type JsonObject, sameJson } from '../../domain/json.ts';
import { localLookMs } from '../../kit/local-look.ts';
import { endConnections } from '../../kit/ssh/end-connections.ts';
import { childEnvironment } from '../../kit/supervised-run/child-environment.ts';
import { describeMs } from '../../kit/supervised-run/describe-run.ts';
import { maskSecrets } from '../../kit/supervised-run/mask-secrets.ts';
import { runDeadlines } from '../../kit/supervised-run/run-deadlines.ts';
import type { RunDriverOptions } from '../../kit/supervised-run/run-driver-options.ts';
import { type SupervisedRuns, supervisedRuns } from '../../kit/supervised-run/supervised-runs.ts';
import type { ResourceDriver } from '../../ports/resource-driver.ts';
import { needProgram } from './find-program.ts';
import { homeEnvironment, homeFiles, makeHome } from './machine-home.ts';
import type { MachineProgram } from './machine-program.ts';
import { observeMachineRun } from './observe-machine-run.ts';
import { replacingRuns } from './replacing-runs.ts';

/** Between TERM and KILL, for a run that is not wanted any more or took too long. */
const graceMs = 5000;

export type MachineRunDriver = ResourceDriver & {
  update: NonNullable<ResourceDriver['update']>;
  readLog: NonNullable<ResourceDriver['readLog']>;
  /** Stops watching; what runs goes on and is taken up by the next driver over the same directory. */
  close(): void;
};

/** Programs on our side that work on a machine, run to their end once for each spec. Another spec ends the run of the one before. */
export function machineRunDriver(options: RunDriverOptions, program: MachineProgram): MachineRunDriver {
  const { clock, log, secrets, shared } = options;
  const { kind } = program;
  const changed = (name: string): void => {
    const claim = parseClaim(name);
    if (claim) shared.changed(claim);
  };
  const replacing = replacingRuns(() => runs, changed);
  const deadlines = runDeadlines(clock, (name, limitMs) => {
    const claim = parseClaim(name);
    if (claim) tooLong(runs, claim, limitMs).catch((error: unknown) => log.error(`${kind}.limit`, { name, error }));
  });
  const runs = supervisedRuns({
    ...options,
    kind,
    mask: maskSecrets(secrets),
    onChange: (name) => {
      deadlines.drop(name);
      replacing.look(name);
      changed(name);
    },
    onRunning: (name, { startedAt, spec }) => deadlines.set(name, startedAt, program.read(spec).timeLimitMs),
  });

  async function requestFor(claim: Claim, spec: JsonObject) {
    const run = program.read(spec);
    await needProgram(run.program);
    const directory = runs.directory(claim);
    const asked = childEnvironment({ env: run.env, secrets });
    const env = { ...asked, ...homeEnvironment(directory, run.target, asked['PATH'] ?? ''), ...run.ownEnv(directory) };
    const prepare = async (signal: AbortSignal): Promise<'run'> => {
      await makeHome(directory, run.target);
      await run.prepare?.(directory, signal);
      return 'run';
    };
    const before = { note: `preparing ${kind}`, run: prepare };
    return { claim, spec, argv: run.argv(directory), cwd: run.checkout, env, before };
  }

  return {
    kind,
    traits: { visibleAfterMs: 0, lateMs: 0, lookEveryMs: localLookMs, replacing: 'costly' },
    async observe(claim, spec, call) {
      call.signal.throwIfAborted();
      return observeMachineRun({ runs, program, claim, spec, call }, replacing.pending(claim));
    },
    async create(claim, spec, call) {
      call.signal.throwIfAborted();
      const request = await requestFor(claim, spec);
      if (!replacing.pending(claim)) await runs.start(request);
    },
    async update(claim, spec, call) {
      call.signal.throwIfAborted();
      const request = await requestFor(claim, spec);
      const view = await runs.look(claim);
      const pending = replacing.pending(claim);
      const underWay =
        view.is === 'preparing' || (view.is === 'running' && !view.verdict) ? view.record.spec : undefined;
      const coming = pending ? (pending.failure === undefined ? pending.spec : undefined) : underWay;
      // An update whose answer was lost is on its way already.
      if (coming === undefined || !sameJson(coming, spec)) await replacing.replace(request, graceMs);
    },
    async destroy(claim, call) {
      call.signal.throwIfAborted();
      replacing.drop(claim);
      await endConnections(homeFiles(runs.directory(claim)).sockets, call.signal);
      await runs.end(claim, { graceMs, remove: true });
    },
    async *owned(call) {
      call.signal.throwIfAborted();
      const claims = await runs.owned();
      yield* claims;
      const known = new Set(claims.map((claim) => runs.directory(claim)));
      for (const { claim } of replacing.all()) if (!known.has(runs.directory(claim))) yield claim;
    },
    async readLog(claim, from, call) {
      call.signal.throwIfAborted();
      return runs.readLog(claim, from);
    },
    close() {
      replacing.close();
      deadlines.close();
      runs.close();
    },
  };
}

async function tooLong(runs: SupervisedRuns, claim: Claim, limitMs: number): Promise<void> {
  const [last] = await runs.lastLines(claim, 1);
  const said = last === undefined ? 'it never said anything' : `the last it said was: ${last}`;
  await runs.condemn(claim, {
    note: `took longer than ${describeMs(limitMs)}; ${said}`,
    remedy: 'change-input',
    hint: 'Make it faster, or give it a longer time-limit in the recipe; its log says what it was at.',
  });
  await runs.end(claim, { graceMs, remove: false });
}
