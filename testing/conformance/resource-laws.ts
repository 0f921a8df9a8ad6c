import { beginningLaws } from './beginning-laws.ts';
import { endingLaws } from './ending-laws.ts';
import { type Cannot, type LawBook, type NotYet, registerLaws } from './law-book.ts';
import { limitLaws } from './limit-laws.ts';
import { ownershipLaws } from './ownership-laws.ts';
import type { ResourceWorld } from './resource-world.ts';

/** All that a resource driver promises, as in src/ports/resource-driver.ts. */
export const resourceLawBook: LawBook<ResourceWorld> = {
  ...beginningLaws,
  ...endingLaws,
  ...ownershipLaws,
  ...limitLaws,
};

/** Registers every law as a test of this driver. */
export function resourceLaws(about: {
  readonly name: string;
  readonly newWorld: () => ResourceWorld | Promise<ResourceWorld>;
  readonly notYet?: readonly NotYet[];
  readonly cannot?: Cannot;
}): void {
  registerLaws({ laws: resourceLawBook, notYet: [], cannot: {}, ...about });
}
