import type { EnvironmentId } from '../../src/domain/claim.ts';
import type { NewDelivery, PullMark, Store } from '../../src/ports/store.ts';
import { aRepository } from '../builders.ts';
import { deliveryLaws } from './delivery-laws.ts';
import { environmentLaws } from './environment-laws.ts';
import { journalLaws } from './journal-laws.ts';
import { type Cannot, type LawBook, type NotYet, registerLaws } from './law-book.ts';

export interface StoreWorld {
  readonly store: Store;
  close(): Promise<void>;
}

export const shop7 = 'shop-7' as EnvironmentId;

export const aMark = (over: Partial<PullMark> = {}): PullMark => ({
  repository: aRepository,
  number: 7,
  ids: [shop7, 'shop-7-8996cf' as EnvironmentId],
  ...over,
});

export const aDelivery = (over: Partial<NewDelivery> = {}): NewDelivery => ({
  guid: 'guid-1',
  event: 'pull_request',
  action: 'opened',
  repositoryName: 'acme/shop',
  number: 7,
  receivedAt: 1000,
  body: new TextEncoder().encode('{}'),
  decision: 'look',
  reason: 'opened: looking at pull request 7',
  mark: aMark(),
  ...over,
});

/** Texts that pull requests and programs may bring: each must come back as it was. */
export const strangeTexts: readonly string[] = [
  "'; drop table environments; --",
  '𝕬 🧙 \u202egnp.exe \u0007 e\u0301',
  '</script>${data}%s\\u0000"\'`',
  'x'.repeat(1024 * 1024),
  '',
];

/** Registers every law of src/ports/store.ts as a test of this one. */
export function storeLaws(about: {
  readonly name: string;
  readonly newWorld: () => StoreWorld | Promise<StoreWorld>;
  readonly notYet?: readonly NotYet[];
  readonly cannot?: Cannot;
}): void {
  const laws: LawBook<StoreWorld> = { ...deliveryLaws, ...environmentLaws, ...journalLaws };
  registerLaws({ laws, notYet: [], cannot: {}, ...about });
}
