import { parseClaim } from '../domain/claim.ts';
import type { Clock } from '../ports/clock.ts';

/** Work that was ended by a full disk, by its claim's name, until it may be tried again. */
export interface DiskWaits {
  /** `free`: how many bytes were free when it began, and were not enough. */
  add(name: string, about: { readonly note: string; readonly free: number }): void;
  /** Why it waits; missing: it does not. */
  note(name: string): string | undefined;
  /** Names that may be tried again with so many bytes free, each once. */
  due(free: number): string[];
  drop(name: string): void;
  /** It worked: the next time counts as the first. */
  worked(name: string): void;
}

/** What does not fit the disk at all would fill it again and again: so with longer and longer pauses, or when much more is free. */
const pausesMs = [2000, 60_000, 5 * 60_000, 15 * 60_000, 60 * 60_000];

export function diskWaits(clock: Clock): DiskWaits {
  const waits = new Map<string, { readonly note: string; readonly free: number; readonly until: number }>();
  const times = new Map<string, number>();
  return {
    add(name, { note, free }) {
      if (waits.has(name)) return;
      const count = times.get(roleOf(name)) ?? 0;
      times.set(roleOf(name), count + 1);
      waits.set(name, { note, free, until: clock.monotonic() + (pausesMs[count] ?? pausesMs.at(-1) ?? 0) });
    },
    note: (name) => waits.get(name)?.note,
    due(free) {
      const now = clock.monotonic();
      const isDue = (wait: { free: number; until: number }): boolean => wait.until <= now || free > 1.25 * wait.free;
      const names = [...waits].filter(([, wait]) => isDue(wait)).map(([name]) => name);
      for (const name of names) waits.delete(name);
      return names;
    },
    drop: (name) => void waits.delete(name),
    worked: (name) => void times.delete(roleOf(name)),
  };
}

/** Without the generation, which grows with each try. */
function roleOf(name: string): string {
  const claim = parseClaim(name);
  return claim ? `${claim.environment} ${claim.role}` : name;
}
