import type { IncomingMessage, ServerResponse } from 'node:http';
import { answer, refusal } from './answer.ts';
import type { Found } from './forward.ts';
import { isServing } from './is-serving.ts';
import { createLiveEvents, type LiveEventsAbout } from './live-events.ts';
import { answerPage, viewOf } from './not-ready.ts';
import { statusOf } from './status.ts';

/** `/robots.txt` and all below `/.wizard` are the gateway's on every host; everything else is the application's. */
export function isOwnPath(url: string): boolean {
  if (url.startsWith('/.wizard')) return url.length === 8 || url[8] === '/' || url[8] === '?';
  return url === '/robots.txt' || url.startsWith('/robots.txt?');
}

export function createOwnPaths(
  about: LiveEventsAbout,
): (request: IncomingMessage, response: ServerResponse, found: Found) => Promise<void> {
  const liveEvents = createLiveEvents(about);
  return async (request, response, { host, entry }) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return answer(response, { ...refusal(405, 'This can only be read.'), headers: { Allow: 'GET, HEAD' } });
    }
    const [path] = (request.url ?? '').split('?');
    switch (path) {
      case '/robots.txt':
        return answer(response, { status: 200, type: 'text/plain', body: 'User-agent: *\nDisallow: /\n' });
      case '/.wizard/events':
        return liveEvents(request, response, host, entry);
      case '/.wizard/status': {
        const [view, serving] = await Promise.all([viewOf(about, entry), isServing(entry)]);
        const body = `${JSON.stringify(statusOf(entry, view, serving))}\n`;
        return answer(response, { status: 200, type: 'application/json', body });
      }
      case '/.wizard':
      case '/.wizard/': {
        const [view, serving] = await Promise.all([viewOf(about, entry), isServing(entry)]);
        return answerPage(about, response, view, { status: 200, isServing: serving, givesWay: false });
      }
      default:
        return answer(response, refusal(404, 'There is no such page.'));
    }
  };
}
