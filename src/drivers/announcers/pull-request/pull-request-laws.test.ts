import { aCall, aNews } from '../../../../testing/builders.ts';
import { type AnnouncerWorld, announcerLaws } from '../../../../testing/conformance/announcer-laws.ts';
import { silentLog } from '../../../../testing/silent-log.ts';
import type { News } from '../../../domain/news.ts';
import { type GithubApi, githubApi } from '../../../kit/github-api.ts';
import { Secret } from '../../../kit/secret.ts';
import { pullRequestAnnouncer } from './pull-request-announcer.ts';
import { worldWithPull } from './pull-request-test-world.ts';

const call = aCall();
const creating = /^POST .*\/comments$/;

const ourWorld = async (): Promise<AnnouncerWorld> => {
  const world = await worldWithPull();
  const { github } = world;
  const open = (api: GithubApi = world.api) => pullRequestAnnouncer({ instance: 'wizard', githubFor: () => api });
  const comments = () => [...github.world.at('acme/shop').comments.values()];
  const inRepository = (news: News): News => ({ ...news, repository: world.repository });
  const placed = (inner = open()): AnnouncerWorld['announcer'] => ({
    kind: inner.kind,
    announce: (news, last, by) => inner.announce(inRepository(news), last, by),
  });
  const say = () => placed().announce(aNews(), undefined, call);
  const wrong = { log: silentLog(), paced: false, baseUrl: github.baseUrl, auth: { token: new Secret('wrong') } };
  return {
    announcer: placed(),
    reopen: () => placed(),
    messages: async () => comments().map(({ id, body }) => ({ id: String(id), text: body })),
    mutations: () => github.requests.filter(({ method }) => method !== 'GET').length,
    remove: async (id) => void github.world.at('acme/shop').comments.delete(Number(id)),
    plantStranger: async () => {
      const id = github.world.nextId();
      const at = github.world.tick();
      const body = '<!-- shining-wizard:wizard:shop-7 --> so said the wizard';
      github.world
        .at('acme/shop')
        .comments.set(id, { id, number: 7, body, author: 'mallory', createdAt: at, updatedAt: at });
      return String(id);
    },
    loseNextAnswer: () => github.faults.plan({ on: creating, fault: 'cut-after' }),
    troubles: [
      {
        what: 'bad credentials',
        remedy: 'fix-setup',
        provoke: () => placed(open(githubApi(wrong))).announce(aNews(), undefined, call),
      },
      {
        what: 'a cut connection',
        remedy: 'try-again',
        provoke: () => {
          github.faults.plan({ on: creating, fault: 'cut' });
          return say();
        },
      },
      {
        what: 'a limit',
        remedy: 'try-again',
        provoke: () => {
          github.faults.plan({ on: creating, fault: 'secondary-limit' });
          return say();
        },
      },
    ],
    close: () => world.close(),
  };
};
announcerLaws({ name: 'the pull request announcer keeps the laws of announcers', newWorld: ourWorld });
