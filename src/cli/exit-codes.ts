import { codeOf, remedyOf } from '../domain/wizard-error.ts';

/** What scripts can rely on; listed in docs/cli.md. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  unreachable: 4,
  /** 128 + SIGINT, as shells do. */
  interrupted: 130,
} as const;

export const exitMeanings: readonly (readonly [code: number, meaning: string])[] = [
  [exitCodes.ok, 'Done.'],
  [exitCodes.failed, 'It was tried and failed, or the server refused it.'],
  [exitCodes.usage, 'The command was not given as it must be, or a name is not clear.'],
  [exitCodes.notFound, 'There is no environment, step or delivery of that name.'],
  [exitCodes.unreachable, 'The server cannot be reached, or does not accept the token.'],
  [exitCodes.interrupted, 'Stopped with Ctrl-C.'],
];

const unreachable = ['cli/no-server', 'cli/cannot-reach', 'cli/api-file', 'request/no-token', 'request/wrong-token'];
const usage = ['cli/usage', 'request/invalid', 'request/ambiguous-environment'];

export function exitCodeOf(error: unknown): number {
  const code = codeOf(error);
  if (code === 'cli/interrupted') return exitCodes.interrupted;
  if (unreachable.includes(code)) return exitCodes.unreachable;
  if (usage.includes(code)) return exitCodes.usage;
  if (code.startsWith('request/unknown-')) return exitCodes.notFound;
  return remedyOf(error) === 'try-again' && code === 'cli/timeout' ? exitCodes.unreachable : exitCodes.failed;
}
