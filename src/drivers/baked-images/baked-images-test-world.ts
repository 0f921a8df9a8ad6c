import type { Staging } from '../../../testing/machine-bed/staging.ts';
import { silentLog } from '../../../testing/silent-log.ts';
import { systemClock } from '../../kit/clock.ts';
import { Secret } from '../../kit/secret.ts';
import type { BakeCall, DataBaker } from '../../ports/data-bakes.ts';
import { bakedImages } from './baked-images.ts';
import type { BakedSource } from './baked-source.ts';

export interface HeardBake extends BakeCall {
  /** What it was at, one after the other. */
  readonly did: readonly string[];
  /** Its log. */
  readonly wrote: () => string;
}

/** A call of a bake that remembers what it is told. `at` is called with each thing that the bake is at. */
export function heardBake(signal: AbortSignal, at: (what: string) => void = () => undefined): HeardBake {
  const did: string[] = [];
  const texts: string[] = [];
  return {
    signal,
    log: silentLog(),
    did,
    wrote: () => texts.join(''),
    write: (text) => void texts.push(text),
    doing(what) {
      did.push(what);
      at(what);
    },
  };
}

export const fromStaging = (staging: Staging): BakedSource['from'] => ({
  by: 'mysqldump',
  host: staging.host,
  port: staging.port,
  user: staging.user,
  password: new Secret(staging.password),
  database: staging.database,
  options: ['--single-transaction', '--quick'],
});

export const bakerOf = (instance: string, staging: BakedSource): DataBaker =>
  bakedImages({ instance, sources: { staging }, clock: systemClock });
