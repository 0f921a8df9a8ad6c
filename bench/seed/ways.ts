/** `disk` is the article's way at its beginning, `tmpfs` where it ended, `baked` what it thought of next. */
export type Way = 'disk' | 'tmpfs' | 'baked';

/** The example's recipe, with its data in another place each time. */
export function waysOf(example: string): ReadonlyMap<Way, string> {
  const onDisk = example.replace(/^memory-disk:.*\n/m, '');
  const baked = example.replace(/^ {4}data: staging$/m, '    data: { source: staging, baked: true }');
  if (onDisk === example || baked === example) throw new Error('the example has other lines than it had');
  return new Map([
    ['disk', onDisk],
    ['tmpfs', example],
    ['baked', baked],
  ]);
}
