export const median = (numbers: readonly number[]): number => percentile(numbers, 50);

/** The smallest of the numbers that so many percent of them do not exceed; 0 when there are none. */
export function percentile(numbers: readonly number[], percent: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)] ?? 0;
}

/** To three places: more is noise. */
export const rounded = (value: number): number => Math.round(value * 1000) / 1000;
