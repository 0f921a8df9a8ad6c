import type { News } from '../domain/news.ts';
import { redact, redactDeep } from './redact.ts';

/** The news without secrets of `wizard.yml`: what an announcer must render, since a build may print what it was given. */
export function redactedNews(news: News): News {
  const { failure, migrations } = news;
  return {
    ...news,
    title: redact(news.title),
    because: redact(news.because),
    ...(migrations ? { migrations: redactDeep(migrations, redact) } : {}),
    ...(failure
      ? {
          failure: {
            ...failure,
            step: redact(failure.step),
            message: redact(failure.message),
            ...(failure.hint === undefined ? {} : { hint: redact(failure.hint) }),
            lastLines: redact(failure.lastLines.join('\n')).split('\n'),
          },
        }
      : {}),
  };
}
