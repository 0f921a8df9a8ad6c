import type { Verdict } from '../../kit/supervised-run/run-record.ts';
import type { MachineTarget } from './machine-target.ts';

interface FailedTask {
  readonly task: string;
  readonly unreachable: boolean;
  readonly message: string;
}

const unreachableStatus = 4;
const longestMessage = 600;

/** The task that a playbook failed on, and what it said. Its status 4 is that of a machine that cannot be reached, but also of a mistake in YAML. */
export function whyPlaybookFailed(status: number, lines: readonly string[]): Verdict | undefined {
  const failed = failedTask(lines);
  if (failed?.unreachable && status === unreachableStatus)
    return {
      note: `the machine could not be reached at task "${failed.task}": ${failed.message}`,
      remedy: 'try-again',
    };
  if (failed) return { note: `task "${failed.task}" failed: ${failed.message}`, remedy: 'change-input' };
  const mistake = lines.find((line) => line.startsWith('ERROR! '));
  return mistake === undefined
    ? undefined
    : { note: `ansible-playbook could not begin: ${mistake.slice('ERROR! '.length)}`, remedy: 'change-input' };
}

/** A playbook whose plays are for other groups ends with status 0, having done nothing. */
export function whyNothingRan(
  { group, target }: { readonly group: string; readonly target: MachineTarget },
  lines: readonly string[],
): Verdict | undefined {
  const recap = lines.findLastIndex((line) => line.startsWith('PLAY RECAP '));
  // Cut away by a log that is too long, it proves nothing.
  if (recap === -1 && lines.length > 0 && !lines.some((line) => line.startsWith('PLAY '))) return undefined;
  if (lines.slice(recap + 1).some((line) => line.startsWith(`${target.host} `))) return undefined;
  return { note: `no play of the playbook was for the group ${group}, so nothing was done`, remedy: 'change-input' };
}

const heading = /^(?:TASK|RUNNING HANDLER|PLAY) \[(.*)\]|^PLAY RECAP /;

/** The last task that failed and was not to be ignored. One over a list says so for each item. */
function failedTask(lines: readonly string[]): FailedTask | undefined {
  for (let at = lines.length - 1; at >= 0; at -= 1) {
    const match = /^(?:fatal|failed): \[[^\]]*\].*?(UNREACHABLE!)? => (.*)$/.exec(lines[at] ?? '');
    if (!match) continue;
    const after = lines.slice(at + 1);
    const next = after.findIndex((line) => heading.test(line));
    if (after.slice(0, next < 0 ? undefined : next).includes('...ignoring')) continue;
    const above = lines.slice(0, at).findLast((line) => heading.test(line)) ?? '';
    const task = heading.exec(above)?.[1] ?? 'without a name';
    return { task, unreachable: match[1] !== undefined, message: messageOf(match[2] ?? '') };
  }
  return undefined;
}

const fields = ['msg', 'censored', 'stderr', 'stdout'];

function messageOf(text: string): string {
  const said = fieldsOf(text);
  const parts = fields.map((field) => said[field] ?? '').filter((part) => part.trim() !== '');
  const message = parts.length > 0 ? parts.slice(0, 2).join(': ') : text === '' ? 'it does not say why' : text;
  return message.replaceAll(/\s+/g, ' ').trim().slice(0, longestMessage);
}

/** Of an answer that is longer than a line that we show, only what is whole. */
function fieldsOf(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/"(msg|censored|stderr|stdout)": ("(?:[^"\\]|\\.)*")/g);
  const said: Record<string, string> = {};
  for (const [, field = '', value = '""'] of found) said[field] ??= String(JSON.parse(value));
  return said;
}
