export const engines = ['mariadb', 'postgres'] as const;
export type BenchEngine = (typeof engines)[number];

/** How data comes into an environment's own server: imports of a dump, a copy of the golden files, a clone of them, a clone in Docker. */
export const ways = ['disk', 'tmpfs', 'tuned', 'parallel', 'copy', 'clone', 'docker'] as const;
export type Way = (typeof ways)[number];
/**
 * `disk` and `tmpfs`, the article's: a server as it is installed, one plain client. `tuned`: in memory, with the settings that a bake imports with.
 * `parallel`: with these on disk, several tables at once.
 */
export type Import = 'disk' | 'tmpfs' | 'tuned' | 'parallel';
export const imports: readonly Import[] = ['disk', 'tmpfs', 'tuned', 'parallel'];

export interface DataAsked {
  /** Megabytes of golden data, the smallest first. */
  readonly sizes: readonly number[];
  readonly engines: readonly BenchEngine[];
  readonly ways: readonly Way[];
}

export const fullAsked: DataAsked = { sizes: [100, 1000, 4000], engines, ways };
/** For tests, and for a first impression. */
export const quickAsked: DataAsked = {
  sizes: [20, 100, 200],
  engines,
  ways: ways.filter((way) => way !== 'docker'),
};

/** The size that figures of one size are of: 1 GB, or the middle one. */
export const referenceOf = (sizes: readonly number[]): number =>
  sizes.includes(1000) ? 1000 : (sizes[Math.floor(sizes.length / 2)] ?? 0);

/** Of words as they were written after `--sizes`, `--engines` and `--ways`; a sentence where one is unknown. */
export function askedOf(
  quick: boolean,
  words: {
    readonly sizes?: string | undefined;
    readonly engines?: string | undefined;
    readonly ways?: string | undefined;
  },
): DataAsked | string {
  const usual = quick ? quickAsked : fullAsked;
  const sizes = words.sizes?.split(',').map(Number) ?? usual.sizes;
  if (!sizes.every((size) => Number.isSafeInteger(size) && size > 0))
    return 'Sizes are whole megabytes: --sizes 100,1000';
  const chosenEngines = chosen(engines, words.engines) ?? usual.engines;
  const chosenWays = chosen(ways, words.ways) ?? usual.ways;
  if (typeof chosenEngines === 'string' || typeof chosenWays === 'string')
    return String(typeof chosenEngines === 'string' ? chosenEngines : chosenWays);
  return { sizes: [...sizes].sort((a, b) => a - b), engines: chosenEngines, ways: chosenWays };
}

function chosen<One extends string>(
  all: readonly One[],
  text: string | undefined,
): readonly One[] | string | undefined {
  const words = text?.split(',');
  const unknown = words?.find((word) => !(all as readonly string[]).includes(word));
  if (unknown !== undefined) return `There is no "${unknown}"; there are ${all.join(', ')}.`;
  return words && all.filter((one) => words.includes(one));
}

/** What of all was not asked for: sizes, engines and ways. */
export const skippedOf = (asked: DataAsked) => ({
  sizes: fullAsked.sizes.filter((size) => !asked.sizes.includes(size)),
  engines: engines.filter((engine) => !asked.engines.includes(engine)),
  ways: ways.filter((way) => !asked.ways.includes(way)),
});
