import { type Remedy, WizardError } from '../domain/wizard-error.ts';
import { excerpt } from './excerpt.ts';
import type { Path, Problem, Source } from './source.ts';

/** One error that lists every mistake of a file, each with its place, its line and a caret. */
export function invalidFile(source: Source, problems: readonly Problem[], remedy: Remedy): WizardError {
  const placed = problems.map((problem) => ({ problem, ...source.position(problem) }));
  placed.sort((a, b) => a.line - b.line || a.column - b.column);
  const shown = [
    ...new Set(
      placed.map(({ problem, line, column }) => {
        const where = `${source.fileName}:${line}:${column}`;
        const what = problem.path.length === 0 ? problem.message : `${pathText(problem.path)}: ${problem.message}`;
        return `${where}: ${what}\n${excerpt(source.lines, line, column)}`;
      }),
    ),
  ];
  const count = shown.length === 1 ? 'one mistake' : `${shown.length} mistakes`;
  return new WizardError(`reading ${source.fileName}: ${count}\n${shown.join('\n')}`, {
    code: 'config/invalid',
    remedy,
    hint: `Correct ${source.fileName} where the carets point; docs/configuration.md explains every setting.`,
  });
}

/** `repositories[0].policy.drafts` */
export function pathText(path: Path): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : index === 0 ? visible(part) : `.${visible(part)}`))
    .join('');
}

/** A key may be anything, in a file from a pull request. */
export const visible = (text: string): string => {
  const plain = text.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
  return plain.length > 80 ? `${plain.slice(0, 79)}…` : plain;
};
