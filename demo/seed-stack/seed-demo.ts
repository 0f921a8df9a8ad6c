import { describeError } from '../../src/domain/wizard-error.ts';
import { openSeedWorld, type SeedWorld } from '../../testing/seed-stack/seed-world.ts';
import type { Teller } from '../claims.ts';
import type { Interruption } from '../interruption.ts';
import { closed, closedEarly, environment, livePage, opened, pushed, used } from './story.ts';
import { watch } from './watch.ts';

export interface SeedDemoOptions {
  readonly tell: Teller;
  readonly interrupted: Interruption;
  /** Called before the pull request is closed, with the address to open; resolves when it may be. */
  readonly hold?: (url: string, folder: string) => Promise<void>;
}

/** Of staging data: enough to see it being loaded. */
const megabytes = 20;

/** Tells the story of the seed's stack. Answers why it stopped before its end; missing: it did not. */
export async function seedDemo({ tell, interrupted, hold }: SeedDemoOptions): Promise<string | undefined> {
  let world: SeedWorld | undefined;
  try {
    tell.say('preparing a cloud, machines, staging, name server: minutes the first time, then seconds');
    world = await openSeedWorld({ say: tell.say, zone: 'preview.localhost', stagingMegabytes: megabytes });
    tell.say(`staging has ${megabytes} MB of rows; EC2, Route 53 and Slack are stood in for on this machine`);
    await world.start();
    tell.say('the server runs');
    await interrupted.unlessItComes(story(world, tell, hold));
    return undefined;
  } catch (error) {
    const { out = '', err = '' } = world?.running().printed ?? {};
    console.error(`${out}${err}`.split('\n').slice(-30).join('\n'));
    return describeError(error);
  } finally {
    await world?.closeAll();
    tell.say('the cloud, the machines and everything else are taken away again');
  }
}

async function story(world: SeedWorld, tell: Teller, hold: SeedDemoOptions['hold']): Promise<void> {
  const watching = watch(world, environment, tell);
  const on = { world, tell };
  try {
    await opened(on);
    await used(on);
    await closedEarly(on);
    await pushed(on);
    await hold?.(livePage(world), world.folder);
    await closed(on);
  } finally {
    await watching.stop();
  }
}
