import type { SeedWorld } from '../../testing/seed-stack/seed-world.ts';
import type { Times } from './times.ts';

const limitMs = 600_000;
/** What is asked takes time from what is measured; the moments themselves are written down by the server. */
const lookEveryMs = 500;

interface Entry {
  readonly at: number;
  readonly about: string;
  readonly what: string;
  readonly message: string;
}

/** From the webhook until the server says that the pull request is live, which is after the URL answered it at this commit. */
export async function byWizard(world: SeedWorld, number: number, recipe: string): Promise<Times> {
  const began = Date.now();
  const sha = await world.open(number, { '.wizard.yml': recipe });
  await untilLive(world, number);
  const seen = await world.visit('app', number, '/revision');
  const served = (await seen?.text())?.trim();
  if (served !== sha) throw new Error(`the URL answers ${served}, not ${sha}`);
  const { body } = await world.api(`environments/shop-${number}/timeline?limit=1000`);
  const { entries } = JSON.parse(body) as { readonly entries: readonly Entry[] };
  const ready = entries.filter(({ what }) => what === 'ready').toReversed();
  const steps = Object.fromEntries(ready.map(({ about, at }) => [about, at - began]));
  const live = entries.find(({ what, message }) => what === 'phase' && message.startsWith('live'));
  return { totalMs: (live?.at ?? Number.NaN) - began, steps };
}

async function untilLive(world: SeedWorld, number: number): Promise<void> {
  const end = Date.now() + limitMs;
  while (Date.now() < end) {
    const seen = JSON.parse((await world.api(`environments/shop-${number}`)).body) as {
      readonly phase: string;
    };
    if (seen.phase === 'live') return;
    if (seen.phase === 'failed') throw new Error(`it failed: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  throw new Error(`pull request ${number} is not live after ${limitMs / 1000} s`);
}

/** Closes it and waits until its machine is gone, so that the next has the whole machine below for itself. */
export async function closeByWizard(world: SeedWorld, number: number): Promise<void> {
  await world.close(number);
  const end = Date.now() + limitMs;
  while (world.cloud.alive.length > 0) {
    if (Date.now() > end) throw new Error(`the machine of pull request ${number} does not go`);
    await new Promise((resolve) => setTimeout(resolve, lookEveryMs));
  }
  await world.reach(number, 'closed');
}
