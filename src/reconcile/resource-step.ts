import type { Claim } from '../domain/claim.ts';
import { plainRole } from '../domain/claim.ts';
import { type Decision, decide } from '../domain/decide.ts';
import type { Environment } from '../domain/environment.ts';
import { type JsonObject, sameJson } from '../domain/json.ts';
import type { Observation } from '../domain/observation.ts';
import { isLive } from '../domain/phase.ts';
import type { PlannedResource } from '../domain/plan.ts';
import type { Parked, Resource } from '../domain/resource.ts';
import { stableHash } from '../domain/stable-hash.ts';
import { isFound, standsOn } from '../domain/stands-on.ts';
import { codeOf } from '../domain/wizard-error.ts';
import type { ResourceDriver } from '../ports/resource-driver.ts';
import { type Heart, withLimit } from './heart.ts';
import { renew, renewalOf } from './renewal.ts';
import { tell } from './tell.ts';

/** One resource as the loop is about to look at it. */
export interface StepInput {
  readonly environment: Environment;
  readonly role: string;
  readonly kind: string;
  /** Missing: it is to go. */
  readonly planned: PlannedResource | undefined;
  /** What is wanted with its needs' facts filled in; missing while a need is not ready. */
  readonly spec: JsonObject | undefined;
  readonly known: Resource | undefined;
  /** Our records were lost and not everything is listed yet. */
  readonly incomplete?: boolean;
}

/** A driver's call that takes longer is left behind and asked again. */
export const callLimitMs = 60_000;

/** Between two generations of which the first was refused, so that a driver that refuses all of them is not asked without end. */
const spentRestMs = 250;

/** How a look ended. */
export interface Looked {
  /** After how long to look again; 0 is at once. */
  readonly againMs: number;
  /** Nothing was changed or written: nobody else has reason to look. */
  readonly quiet: boolean;
  readonly saw: Observation['is'];
}

/** Looks at one resource and takes it one move nearer to the plan. */
export async function resourceStep(
  heart: Heart,
  input: StepInput,
  driver: ResourceDriver,
  signal: AbortSignal,
): Promise<Looked> {
  const { known, planned } = input;
  const claim: Claim = { environment: input.environment.id, role: input.role, generation: known?.generation ?? 1 };
  const spec = specToLookWith(input);
  const seen = withDriftThatCounts(input, await look(heart, input, driver, claim, spec, signal));
  const decision = decide({
    goal: planned ? 'present' : 'gone',
    seen,
    known,
    spec,
    timeLimitMs: planned?.timeLimitMs ?? 0,
    traits: driver.traits,
    canUpdate: driver.update !== undefined,
    unsure: planned !== undefined && input.spec === undefined,
    incomplete: input.incomplete ?? false,
    now: heart.clock.now(),
    ...(await renewalOf(heart, input, seen)),
  });
  const asWanted = decision.do === 'settled' && input.spec !== undefined && sameJson(spec, input.spec);
  const news = await noteSeen(heart, input, seen, asWanted);
  const againMs = await act(heart, { ...input, driver, claim, wanted: spec }, decision, signal);
  // It is as it was asked for, and something else is wanted by now.
  if (decision.do === 'settled' && input.spec && !asWanted) return { againMs: 0, quiet: false, saw: seen.is };
  return { againMs, quiet: decision.do === 'settled' && !news, saw: seen.is };
}

/** What was never made, or seen gone, need not be looked for: the whole kind was listed, and a repeated create is harmless. */
async function look(
  heart: Heart,
  { known }: StepInput,
  driver: ResourceDriver,
  claim: Claim,
  spec: JsonObject,
  signal: AbortSignal,
): Promise<Observation> {
  if (!known || known.goneAt !== undefined) return { is: 'absent' };
  return withLimit(heart, callLimitMs, signal, (call) => driver.observe(claim, spec, call));
}

/**
 * While a need is not ready, or of what was found without a record, it is unknown what is wanted: nothing can differ from it. And what
 * does not tell one resource from another is no reason to touch it.
 */
function withDriftThatCounts({ planned, spec }: StepInput, seen: Observation): Observation {
  if (!planned || seen.is !== 'ready' || seen.drift.length === 0) return seen;
  const unsure = spec === undefined || sameJson(planned.spec, {});
  return { ...seen, drift: unsure ? [] : seen.drift.filter(({ field }) => !planned.unkeyed?.includes(field)) };
}

/** A create that was never answered is replayed with the spec it was sent with; so is what we tear down. */
function specToLookWith({ known, spec, planned }: StepInput): JsonObject {
  const live = known?.goneAt === undefined ? known : undefined;
  if (!planned || !spec) return live?.spec ?? spec ?? {};
  const unanswered =
    live && live.acknowledgedAt === undefined && live.status !== 'leaving' && live.readyAt === undefined;
  return unanswered ? live.spec : spec;
}

/** All roles of an environment fall due at one moment, so that one pass looks at them; environments are spread over the time. */
function untilNextLook(environment: string, everyMs: number, now: number): number {
  const offset = Number.parseInt(stableHash(environment, 8), 16) % everyMs;
  const rest = everyMs - ((now - offset + everyMs) % everyMs);
  return rest < everyMs / 4 ? rest + everyMs : rest;
}

interface Acting extends StepInput {
  readonly driver: ResourceDriver;
  readonly claim: Claim;
  readonly wanted: JsonObject;
}

async function act(heart: Heart, on: Acting, decision: Decision, signal: AbortSignal): Promise<number> {
  const { environment, role, driver, claim } = on;
  const needsReady = !on.planned || on.spec !== undefined;
  // It is looked at again as soon as its needs are ready: then what it works towards changes.
  if (!needsReady && (decision.do === 'create' || decision.do === 'update')) return Number.POSITIVE_INFINITY;
  switch (decision.do) {
    case 'wait':
      return decision.forMs;
    case 'settled':
      return untilNextLook(environment.id, driver.traits.lookEveryMs, heart.clock.monotonic());
    case 'gone':
      await heart.store.resources.note(environment.id, role, {
        goneAt: heart.clock.now(),
        status: 'absent',
        note: '',
        notBefore: 0,
        parked: undefined,
      });
      await tell(
        heart,
        on,
        'gone',
        `${plainRole(role)} is gone`,
        on.known ? heart.clock.now() - on.known.intendedAt : undefined,
      );
      return Number.POSITIVE_INFINITY;
    case 'park':
      return park(heart, on, {
        remedy: decision.remedy,
        code: decision.code ?? `${on.kind}/broken`,
        message: decision.note,
        ...(decision.hint === undefined ? {} : { hint: decision.hint }),
        lastLines: decision.lastLines,
        at: heart.clock.now(),
      });
    case 'renew':
      return renew(heart, on, decision.because);
    case 'create':
      return create(heart, on, decision, signal);
    case 'update': {
      if (!on.known || !driver.update) return 0;
      const needed = await neededNow(heart, on.known);
      await heart.store.resources.intend({
        ...on.known,
        spec: on.wanted,
        needs: [...needed, ...needsOf(on)],
        intendedAt: heart.clock.now(),
        status: 'arriving',
        note: '',
        readyAt: undefined,
        replaced: 0,
        parked: undefined,
      });
      const { update } = driver;
      await withLimit(heart, callLimitMs, signal, (call) => update.call(driver, claim, on.wanted, call));
      return 0;
    }
    case 'destroy': {
      // 0 where nothing is to be waited for: a time would be in the way when the clock is set back.
      const notBefore = decision.afterMs === 0 ? 0 : heart.clock.now() + decision.afterMs;
      await heart.store.resources.note(environment.id, role, {
        status: 'leaving',
        replaced: decision.replaced,
        notBefore,
        note: decision.because,
      });
      await tell(heart, on, 'destroy', `removing ${plainRole(role)}: ${decision.because}`);
      await withLimit(heart, callLimitMs, signal, (call) => driver.destroy(claim, call));
      return 0;
    }
  }
}

/** The intent is on disk before the call: whatever happens to us in between, the next look knows what may be there. */
async function create(
  heart: Heart,
  on: Acting,
  decision: Extract<Decision, { do: 'create' }>,
  signal: AbortSignal,
): Promise<number> {
  const { environment, role, kind, driver } = on;
  // Listing this kind has not ended yet: what we lack may be there under a later generation.
  if (!on.known && !heart.inventory.has(kind)) return 250;
  const now = heart.clock.now();
  const known = on.known?.goneAt === undefined ? on.known : undefined;
  await heart.store.resources.intend({
    environment: environment.id,
    role,
    kind,
    generation: decision.generation,
    spec: decision.spec,
    // A repeated create sends the spec of before, which may lead to what was needed then.
    needs: known?.generation === decision.generation ? [...known.needs, ...needsOf(on)] : needsOf(on),
    intendedAt: now,
    acknowledgedAt: undefined,
    status: 'arriving',
    note: '',
    facts: {},
    readyAt: undefined,
    goneAt: undefined,
    replaced: decision.replaced,
    failures: known?.failures ?? 0,
    notBefore: 0,
    parked: undefined,
  });
  await tell(heart, on, 'create', `making ${plainRole(role)}`);
  const claim = { ...on.claim, generation: decision.generation };
  try {
    await withLimit(heart, callLimitMs, signal, (call) => driver.create(claim, decision.spec, call));
  } catch (error) {
    if (!codeOf(error).endsWith('/spent')) throw error;
    // One of this name came and went without our seeing it: that generation is over, the next look asks for another.
    await heart.store.resources.note(environment.id, role, { goneAt: heart.clock.now(), status: 'absent' });
    return spentRestMs;
  }
  await heart.store.resources.note(environment.id, role, { acknowledgedAt: heart.clock.now(), failures: 0 });
  return driver.traits.firstLookMs ?? 0;
}

const needsOf = ({ planned }: StepInput): string[] => Object.values(planned?.needRoles ?? {});

/** What it stands on until it is seen as wanted. */
async function neededNow(heart: Heart, known: Resource): Promise<readonly string[]> {
  if (!isFound(known)) return known.needs;
  const all = await heart.store.resources.of(known.environment);
  return all.filter((lower) => isLive(lower) && standsOn(known, lower)).map(({ role }) => role);
}

/** Writes down what was seen, where that is news; answers whether it was. `asWanted`: it is what the plan wants of it now. */
async function noteSeen(heart: Heart, input: StepInput, seen: Observation, asWanted: boolean): Promise<boolean> {
  const { environment, role, known, planned, spec } = input;
  if (!known || known.goneAt !== undefined) return false;
  const fields: { -readonly [Field in keyof Resource]?: Resource[Field] } = {};
  const ending = known.status === 'leaving' && seen.is !== 'ready';
  const status = ending ? 'leaving' : seen.is;
  if (status !== known.status) fields.status = status;
  const note = 'note' in seen ? seen.note : '';
  if (note !== known.note) fields.note = note;
  if (known.failures > 0) fields.failures = 0;
  if (seen.is === 'ready') {
    if (!sameJson(seen.facts, known.facts)) fields.facts = seen.facts;
    if (known.acknowledgedAt === undefined) fields.acknowledgedAt = heart.clock.now();
    if (known.readyAt === undefined) fields.readyAt = heart.clock.now();
    // While a need is not ready we looked with the spec of before: what is there still stands on its old needs.
    if (asWanted && planned && spec) {
      if (!sameJson(known.spec, spec)) fields.spec = spec;
      const needs = Object.values(planned.needRoles);
      if (!sameJson(known.needs, needs)) fields.needs = needs;
      if (known.parked) fields.parked = undefined;
    }
  }
  if (Object.keys(fields).length === 0) return false;
  await heart.store.resources.note(environment.id, role, fields);
  if (fields.readyAt !== undefined)
    await tell(heart, input, 'ready', `${plainRole(role)} is ready`, fields.readyAt - known.intendedAt);
  return true;
}

/** Lets a resource rest until there is new input, or, where the operator can mend it, for a while. */
export async function park(heart: Heart, on: StepInput, parked: Parked): Promise<number> {
  const { environment, role, known } = on;
  const restMs = parked.remedy === 'fix-setup' ? 5 * 60_000 : Number.POSITIVE_INFINITY;
  if (known?.parked?.message === parked.message) return restMs;
  await heart.store.resources.note(environment.id, role, { parked, status: 'broken', note: parked.message });
  await tell(heart, on, 'parked', `${plainRole(role)}: ${parked.message}`, undefined, {
    remedy: parked.remedy,
    lastLines: parked.lastLines,
    ...(parked.hint ? { hint: parked.hint } : {}),
  });
  return restMs;
}
