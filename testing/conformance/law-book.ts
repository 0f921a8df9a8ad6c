import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

/** A law that a driver does not keep yet, and why. */
export interface NotYet {
  readonly law: string;
  readonly because: string;
}

/** Checks one law in a fresh world. Answers why it does not apply, if it does not. */
export type Check<World> = (world: World) => Promise<string | undefined>;

/** Law as a sentence → how it is checked. */
export type LawBook<World> = Readonly<Record<string, Check<World>>>;

export interface Court<World> {
  readonly name: string;
  readonly laws: LawBook<World>;
  readonly newWorld: () => World | Promise<World>;
  readonly notYet: readonly NotYet[];
}

/**
 * Registers one test for each law. A law under `notYet` is tried too: if it holds, its entry is out of date and the test fails;
 * an entry that names no law fails as well.
 */
export function registerLaws<World extends { close(): Promise<void> | void }>(court: Court<World>): void {
  describe(court.name, () => {
    for (const entry of court.notYet) {
      if (Object.hasOwn(court.laws, entry.law)) continue;
      test(`notYet: ${entry.law}`, () => assert.fail(`there is no such law: ${entry.law}`));
    }
    for (const [law, check] of Object.entries(court.laws)) {
      const entry = court.notYet.find((other) => other.law === law);
      test(entry ? `not yet: ${law} (${entry.because})` : law, async (context) => {
        const held = await outcome(court, check);
        if (entry) return assertStillBroken(entry, held);
        if (held.error !== undefined) throw held.error;
        if (held.skipped !== undefined) context.skip(held.skipped);
      });
    }
  });
}

interface Outcome {
  readonly error?: unknown;
  readonly skipped?: string;
}

async function outcome<World extends { close(): Promise<void> | void }>(
  court: Court<World>,
  check: Check<World>,
): Promise<Outcome> {
  const world = await court.newWorld();
  try {
    const skipped = await check(world);
    return skipped === undefined ? {} : { skipped };
  } catch (error) {
    return { error: error ?? new Error('the check threw nothing') };
  } finally {
    await world.close();
  }
}

function assertStillBroken(entry: NotYet, held: Outcome): void {
  assert.ok(held.error !== undefined, `the law holds (or does not apply): remove its notYet entry "${entry.law}"`);
}
