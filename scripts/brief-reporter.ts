import { appendFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** Where the files that failed are written down, a line each; without it nowhere. */
const failedList = process.env['FAILED_FILES'];

const longestShown = 8;

/** Failures in full, skipped ones by name and count, the files that took longest, and one closing line; what passed is only counted. */
export default async function* briefReporter(source: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  const took = new Map<string, number>();
  for await (const event of source) {
    if (event.type === 'test:stderr') yield event.data.message;
    if (event.type !== 'test:pass' && event.type !== 'test:fail') continue;
    const { name, skip, file } = event.data;
    if (event.type === 'test:fail' && failedList && file) appendFileSync(failedList, `${file}\n`);
    // What a suite's own hook threw is told by none of its tests.
    if (event.type === 'test:fail' && isOfHook(event.data.details.error))
      yield `\n✖ ${name}: before or after its tests\n${reasonOf(event.data.details.error)}\n`;
    if (file && event.data.nesting === 0) took.set(file, (took.get(file) ?? 0) + event.data.details.duration_ms);
    if (event.data.details.type === 'suite') continue;
    if (skip !== undefined && skip !== false) skipped.push(`${name}${typeof skip === 'string' ? `: ${skip}` : ''}`);
    else if (event.type === 'test:pass') passed += 1;
    else {
      failed += 1;
      yield `\n✖ ${name}\n  ${file ?? ''}\n${reasonOf(event.data.details.error)}\n`;
    }
  }
  if (skipped.length > 0) yield `\nNot run, ${skipped.length}:\n${counted(skipped).join('\n')}\n`;
  yield `\nLongest: ${longest(took)}\n`;
  yield `\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`;
}

const longest = (took: ReadonlyMap<string, number>): string =>
  [...took]
    .sort(([, a], [, b]) => b - a)
    .slice(0, longestShown)
    .map(([file, ms]) => `${basename(file)} ${(ms / 1000).toFixed(1)} s`)
    .join(', ');

const isOfHook = (error: Error): boolean => 'failureType' in error && error.failureType === 'hookFailed';

/** The runner wraps what a test threw; people want the stack of that. */
const reasonOf = (error: Error): string =>
  error.cause instanceof Error ? (error.cause.stack ?? error.cause.message) : (error.stack ?? error.message);

/** The same law may be left out by several drivers: said once, with how many. */
const counted = (names: readonly string[]): string[] =>
  [...new Set(names)].map((name) => {
    const times = names.filter((one) => one === name).length;
    return `  ${name}${times > 1 ? ` (${times} times)` : ''}`;
  });
