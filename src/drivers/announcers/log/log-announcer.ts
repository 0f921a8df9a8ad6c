import type { JsonObject } from '../../../domain/json.ts';
import { canonical } from '../../../domain/json.ts';
import type { News } from '../../../domain/news.ts';
import { headline, newsText } from '../../../domain/news-text.ts';
import { stableHash } from '../../../domain/stable-hash.ts';
import { redactedNews } from '../../../kit/redacted-news.ts';
import type { Announcer } from '../../../ports/announcer.ts';
import type { Log } from '../../../ports/call.ts';

/** One structured line, `announcement.said`, for each change; a failure is a warning. The handle is a hash of what was said last. */
export function logAnnouncer({ log }: { readonly log: Log }): Announcer {
  return {
    kind: 'log',
    async announce(news, last, call) {
      call.signal.throwIfAborted();
      const fields = fieldsOf(news);
      const said = stableHash(canonical(fields), 16);
      const isNew = last?.['said'] !== said;
      const isWanted = news.worthAMessage || last?.['said'] !== undefined;
      if (!isNew || !isWanted) return last ?? {};
      log[news.phase === 'failed' ? 'warn' : 'info']('announcement.said', fields);
      return { said };
    },
  };
}

function fieldsOf(news: News): JsonObject {
  const text = newsText(redactedNews(news));
  return {
    environment: news.environment,
    phase: news.phase,
    headline: headline(text),
    details: text.details,
    commit: news.headSha,
    urls: Object.fromEntries(text.links.map(({ name, url }) => [name, url])),
    ...(news.liveSha === undefined ? {} : { liveCommit: news.liveSha }),
    ...(news.tookMs === undefined ? {} : { tookMs: news.tookMs }),
    ...(text.address === undefined ? {} : { address: text.address }),
    ...(text.failure ? { failure: { ...text.failure } } : {}),
  };
}
