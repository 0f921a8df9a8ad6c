import type { Log } from '../src/ports/call.ts';

const nothing = (): void => undefined;
/** For parts that must not speak into the story. */
export const silent: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing };
