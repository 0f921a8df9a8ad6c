/** `disk` is the article's way at its beginning, `tmpfs` where it ended. */
export type Way = 'disk' | 'tmpfs';

/** The example's recipe, with its data in another place each time. */
export function waysOf(example: string): ReadonlyMap<Way, string> {
  const onDisk = example.replace(/^memory-disk:.*\n/m, '');
  if (onDisk === example) throw new Error('the example has no memory-disk any more');
  return new Map([
    ['disk', onDisk],
    ['tmpfs', example],
  ]);
}
