import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

/** A law that a driver does not keep yet, and why. */
export interface NotYet {
  readonly law: string;
  readonly because: string;
}

/** Law → why a world cannot try it at all. Such a law is skipped, which without a reason fails. */
export type Cannot = Readonly<Record<string, string>>;

/** Checks one law in a fresh world. Answers what the world lacks for it, if it lacks something. */
export type Check<World> = (world: World) => Promise<string | undefined>;

/** Law as a sentence → how it is checked. */
export type LawBook<World> = Readonly<Record<string, Check<World>>>;

export interface Court<World> {
  readonly name: string;
  readonly laws: LawBook<World>;
  readonly newWorld: () => World | Promise<World>;
  readonly notYet: readonly NotYet[];
  readonly cannot: Cannot;
}

/**
 * Registers one test for each law. A law under `notYet` is tried too: if it holds, its entry is out of date and the test fails;
 * an entry that names no law fails as well. The same goes for `cannot`: only what it names may be skipped, and only if it is.
 */
export function registerLaws<World extends { close(): Promise<void> | void }>(court: Court<World>): void {
  describe(court.name, () => {
    for (const law of [...court.notYet.map((entry) => entry.law), ...Object.keys(court.cannot)]) {
      if (Object.hasOwn(court.laws, law)) continue;
      test(`a reason for: ${law}`, () => assert.fail(`there is no such law: ${law}`));
    }
    for (const [law, check] of Object.entries(court.laws)) {
      const entry = court.notYet.find((other) => other.law === law);
      test(entry ? `not yet: ${law} (${entry.because})` : law, async (context) => {
        const held = await outcome(court, check);
        if (entry) return assertStillBroken(entry, held);
        if (held.error !== undefined) throw held.error;
        const reason = court.cannot[law];
        if (held.skipped === undefined)
          return assert.equal(reason, undefined, `it can be tried: remove it from cannot`);
        assert.ok(reason !== undefined, `${held.skipped}: let it have that, or say in cannot why it has not`);
        context.skip(reason);
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
