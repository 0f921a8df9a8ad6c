import { slug } from '../domain/names.ts';
import type { StepSettings } from './recipe-schema.ts';

const longest = 20;

/** Given names stand; the others are made of the command's first two words, so that they stay the same when steps are added. */
export function stepNames(steps: readonly StepSettings[]): string[] {
  const taken = new Set(steps.flatMap((step) => (isArgv(step) || step.name === undefined ? [] : [step.name])));
  return steps.map((step, index) => {
    if (!isArgv(step) && step.name !== undefined) return step.name;
    const run = isArgv(step) ? step : step.run;
    const words = slug(run[0] === 'sh' && run[1] === '-euc' ? (run[2] ?? '') : run.join(' '));
    const two = words
      .split('-')
      .filter((word) => /^[a-z]/.test(word))
      .slice(0, 2)
      .join('-');
    const plain = two.slice(0, longest).replace(/-$/, '') || `step-${index + 1}`;
    let name = plain;
    for (let count = 2; taken.has(name); count++) name = `${plain}-${count}`;
    taken.add(name);
    return name;
  });
}

/** A step or process that is just its command. */
export const isArgv = <Whole extends object>(value: Whole): value is Extract<Whole, readonly unknown[]> =>
  Array.isArray(value);
