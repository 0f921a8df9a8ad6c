import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { noCloud } from './local-cloud/cloud-clients.ts';
import { type MotoServer, motoIsThere, startMoto } from './moto-server.ts';
import { realPart } from './real-part.ts';

const noMoto = realPart('moto is not there: run scripts/install-moto.sh', motoIsThere);

/** Registers a test for a fresh world of one cloud. `motoDeviates` says what moto does otherwise than AWS, so that it fails there. */
export type CloudTest<World> = (
  name: string,
  body: (world: World) => Promise<void>,
  but?: { readonly motoDeviates: string },
) => void;

/** How to open a fresh world; the same account stands in both clouds. */
export interface EachCloud<World extends AsyncDisposable> {
  local(): Promise<World>;
  moto(moto: MotoServer): Promise<World>;
}

/**
 * The same tests before the local cloud and before moto, which others wrote. What moto does otherwise than AWS is tried, too: a test
 * that does not fail there any more has an exception that is out of date, and fails for that. To be called in a suite of the test file,
 * so that a failure is told as that file's.
 */
export function atEachCloud<World extends AsyncDisposable>(
  clouds: EachCloud<World>,
  tests: (test: CloudTest<World>) => void,
): void {
  describe('at the local cloud', { skip: noCloud }, () => {
    tests((name, body) => {
      test(name, async () => {
        await using world = await clouds.local();
        await body(world);
      });
    });
  });
  withMoto((fresh) => {
    tests((name, body, but) => {
      test(but ? `not there: ${name} (${but.motoDeviates})` : name, async () => {
        await using world = await clouds.moto(await fresh());
        if (but) await assert.rejects(body(world), 'moto does this as AWS does: take its exception away');
        else await body(world);
      });
    });
  });
}

/** A suite with one moto for all its tests; `fresh` answers it when it has forgotten everything. */
export function withMoto(tests: (fresh: () => Promise<MotoServer>) => void): void {
  describe('at moto', { skip: noMoto }, () => {
    let moto: MotoServer | undefined;
    before(async () => {
      moto = await startMoto();
    });
    after(() => moto?.close());
    tests(async () => {
      if (!moto) throw new Error('moto was not started');
      await moto.reset();
      return moto;
    });
  });
}
