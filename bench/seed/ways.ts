import { withBakedData } from '../../testing/seed-stack/seed-bakes.ts';

/** `disk` is the article's way at its beginning, `tmpfs` where it ended, `baked` what it thought of next. */
export type Way = 'disk' | 'tmpfs' | 'baked';

/** The example's recipe, with its data in another place each time. */
export function waysOf(example: string): ReadonlyMap<Way, string> {
  const onDisk = example.replace(/^memory-disk:.*\n/m, '');
  if (onDisk === example) throw new Error('the example has other lines than it had');
  return new Map([
    ['disk', onDisk],
    ['tmpfs', example],
    ['baked', withBakedData(example)],
  ]);
}
