import type { News } from '../../domain/news.ts';
import type { Announcer } from '../../ports/announcer.ts';
import { refuseAborted } from './memory-driver.ts';

/** A message as people see it. The marker is how we know ours. */
export interface MemoryMessage {
  readonly id: number;
  readonly marker: string | undefined;
  readonly news: News | undefined;
  readonly text: string;
}

/** Where memory announcers write; outlives them, as a chat outlives a server. */
export interface MemoryBoard {
  readonly messages: readonly MemoryMessage[];
  /** Posts, edits and deletions so far. */
  readonly mutations: number;
  post(message: Omit<MemoryMessage, 'id'>): MemoryMessage;
  edit(id: number, message: Omit<MemoryMessage, 'id'>): void;
  remove(id: number): void;
}

export function memoryBoard(): MemoryBoard {
  const messages: MemoryMessage[] = [];
  let mutations = 0;
  let made = 0;
  return {
    messages,
    get mutations() {
      return mutations;
    },
    post(message) {
      mutations += 1;
      made += 1;
      const posted = { id: made, ...message };
      messages.push(posted);
      return posted;
    },
    edit(id, message) {
      mutations += 1;
      const index = messages.findIndex((other) => other.id === id);
      if (index >= 0) messages[index] = { id, ...message };
    },
    remove(id) {
      mutations += 1;
      const index = messages.findIndex((other) => other.id === id);
      if (index >= 0) messages.splice(index, 1);
    },
  };
}

/** What our message about this environment is known by. */
export const markerOf = (news: Pick<News, 'environment'>): string => `shining-wizard ${news.environment}`;

/** Keeps one message an environment on the board, found by its marker whatever the handle says: of several the oldest stays. */
export function memoryAnnouncer(board: MemoryBoard): Announcer {
  return {
    kind: 'memory',
    async announce(news, _last, call) {
      refuseAborted(call, `announcing ${news.environment}`);
      const marker = markerOf(news);
      const text = JSON.stringify(news);
      const [oldest, ...others] = board.messages
        .filter((message) => message.marker === marker)
        .sort((a, b) => a.id - b.id);
      for (const other of others) board.remove(other.id);
      if (!oldest) return news.worthAMessage ? { id: board.post({ marker, news, text }).id } : {};
      if (oldest.text !== text) board.edit(oldest.id, { marker, news, text });
      return { id: oldest.id };
    },
  };
}
