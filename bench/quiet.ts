import type { Log } from '../src/ports/call.ts';

const nothing = (): void => undefined;
/** Keeps nothing, so that a long run does not measure its own log. */
export const quiet: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
