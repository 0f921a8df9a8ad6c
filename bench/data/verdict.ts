import { median, percentile, rounded } from '../figures.ts';
import type { Measured, MeasuredSize, TimedWay, Updates } from './measured.ts';

interface Target {
  readonly what: string;
  readonly atMost?: number;
  readonly atLeast?: number;
}

/** What the clones have to reach; the names are those of the JSON. */
export const targets = {
  flatness: { what: 'clone to first row, largest over smallest', atMost: 1.3 },
  speedupOverTmpfsImport: { what: 'dump import on tmpfs, stock server, over clone', atLeast: 300 },
  ratioToEmptyStart: { what: "clone over the server's start on an empty folder", atMost: 1.5 },
  handOutMs: { what: 'a spare handed out, ms', atMost: 50 },
  twentyAtOnceMs: { what: '20 clones at once, ms', atMost: 2500 },
  idleMemoryMb: { what: 'memory of an idle server, MB', atMost: 60 },
  changedDiskShare: { what: 'disk of a clone with its newest 1 % changed by an application', atMost: 0.05 },
} as const satisfies Readonly<Record<string, Target>>;

export type FigureName = keyof typeof targets;
export type Figures = Readonly<Record<FigureName, number | null>>;

/** `null`: what it follows from was not measured. */
export function figuresOf(measured: Measured): Figures {
  const { sizes, reference, emptyStart, handOut, twentyAtOnce, idleMemoryMb, diskShares } = measured;
  const [smallest, largest, usual] = [sizes[0], sizes.at(-1), sizes.find(({ megabytes }) => megabytes === reference)];
  return {
    flatness: smallest === largest ? null : ratio(cloneTime(largest), cloneTime(smallest)),
    speedupOverTmpfsImport: ratio(middle(usual?.untilFirstRow.tmpfs ?? []), cloneOf(measured)),
    ratioToEmptyStart: ratio(cloneOf(measured), middle(emptyStart)),
    handOutMs: middle(handOut),
    twentyAtOnceMs: middle(twentyAtOnce),
    idleMemoryMb: middle(idleMemoryMb),
    changedDiskShare: diskShares === undefined ? null : rounded(diskShares.newest),
  };
}

/** Of the size that figures of one size are of. */
const cloneOf = ({ sizes, reference }: Measured): number | null =>
  cloneTime(sizes.find(({ megabytes }) => megabytes === reference));
const cloneTime = (size: MeasuredSize | undefined): number | null => middle(size?.untilFirstRow.clone ?? []);

/** `null` where there is no figure. */
export function isMet(name: FigureName, value: number | null): boolean | null {
  const target: Target = targets[name];
  if (value === null) return null;
  return value <= (target.atMost ?? Number.POSITIVE_INFINITY) && value >= (target.atLeast ?? 0);
}

export function jsonOf(measured: Measured) {
  const figures = figuresOf(measured);
  const names = Object.keys(targets) as FigureName[];
  const { updates, docker } = measured;
  return {
    ...figures,
    met: Object.fromEntries(names.map((name) => [name, isMet(name, figures[name])])),
    untilFirstRowMs: Object.fromEntries(
      measured.sizes.map(({ megabytes, untilFirstRow }) => [
        megabytes,
        Object.fromEntries(Object.entries(untilFirstRow).map(([way, times]) => [way, middle(times)])),
      ]),
    ),
    emptyStartMs: middle(measured.emptyStart),
    ownEmptyMs: middle(measured.ownEmpty),
    speedupOverTunedImport: ratio(
      middle(measured.sizes.find(({ megabytes }) => megabytes === measured.reference)?.untilFirstRow.tuned ?? []),
      cloneOf(measured),
    ),
    ratioToOwnEmpty: ratio(cloneOf(measured), middle(measured.ownEmpty)),
    diskShares: measured.diskShares ?? null,
    updates: updates ? { clone: updatesOf(updates.clone), copy: updatesOf(updates.copy) } : null,
    docker: docker
      ? {
          cloneMs: middle(docker.clone),
          emptyStartMs: middle(docker.emptyStart),
          ratioToEmptyStart: ratio(middle(docker.clone), middle(docker.emptyStart)),
        }
      : null,
    ...{ serverVersion: measured.serverVersion, method: measured.method, referenceMegabytes: measured.reference },
    all: { ...measured, updates: undefined },
  };
}

const updatesOf = ({ first, random }: Updates) => ({
  firstMs: middle(first),
  p50Ms: rounded(percentile(random, 50)),
  p99Ms: rounded(percentile(random, 99)),
});

export const heading: readonly string[] = ['data', 'what', 'found', 'target', ''];

/** For people. */
export function rowsOf(measured: Measured): readonly (readonly string[])[] {
  const { engine, sizes, updates, docker } = measured;
  const figures = figuresOf(measured);
  const times = sizes.flatMap(({ megabytes, untilFirstRow }) =>
    Object.entries(untilFirstRow).map(([way, all]) => [
      `${engine}, ${megabytes} MB`,
      wayNames[way as TimedWay],
      seconds(middle(all)),
      '',
      '',
    ]),
  );
  const goals = Object.entries(targets).map(([name, target]: [string, Target]) => {
    const value = figures[name as FigureName];
    const met = isMet(name as FigureName, value);
    const goal = target.atMost === undefined ? `≥ ${target.atLeast}` : `≤ ${target.atMost}`;
    return [
      engine,
      target.what,
      value === null ? '–' : String(value),
      goal,
      met === null ? '' : met ? 'met' : 'MISSED',
    ];
  });
  const more = [
    ['server on an empty folder, by hand', seconds(middle(measured.emptyStart))],
    ["an environment's empty database", seconds(middle(measured.ownEmpty))],
    ...(updates
      ? (['clone', 'copy'] as const).flatMap((way) => {
          const { firstMs, p99Ms } = updatesOf(updates[way]);
          return [
            [`first UPDATE on the largest table, ${way}, ms`, String(firstMs)],
            [`10,000 random updates, ${way}, p99 ms`, String(p99Ms)],
          ];
        })
      : []),
    ...(docker
      ? [
          ['Docker: clone as a volume', seconds(middle(docker.clone))],
          ['Docker: container on an empty folder', seconds(middle(docker.emptyStart))],
        ]
      : []),
  ].map(([what = '', found = '']) => [engine, what, found, '', '']);
  return [...times, ...more, ...goals];
}

const wayNames: Readonly<Record<TimedWay, string>> = {
  disk: 'dump import on disk, stock server',
  tmpfs: 'dump import on tmpfs, stock server',
  tuned: "dump import on tmpfs, a bake's settings",
  parallel: 'parallel import on disk',
  copy: 'copy',
  clone: 'clone',
};

const middle = (numbers: readonly number[]): number | null => (numbers.length === 0 ? null : rounded(median(numbers)));
const ratio = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : rounded(a / b));
const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(3)} s`);
