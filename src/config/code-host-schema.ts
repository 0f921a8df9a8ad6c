import * as z from 'zod';
import { line, webUrl } from './fields.ts';
import { fromOutside, type Outside, secret } from './outside.ts';
import { type Complain, settings } from './settings.ts';

/** One entry of `code-hosts`. Each kind demands a webhook secret: without one, anybody could make us build. */
export const codeHostSchema = (outside: Outside) =>
  z.discriminatedUnion('kind', [github(outside), repositoryFolder(outside)], {
    error: 'expected settings with a kind',
  });

const webhookSecret = (outside: Outside) =>
  secret(outside, 'the secret that webhooks are signed with').describe(
    'What the code host signs its webhooks with. There is no start without it.',
  );

const github = (outside: Outside) =>
  settings(
    {
      kind: z.literal('github').describe('GitHub, or a GitHub Enterprise server.'),
      'app-id': z
        .preprocess(
          (value) => (typeof value === 'number' ? String(value) : value),
          fromOutside(outside, 'the id of a GitHub App'),
        )
        .meta({ title: 'text' })
        .exactOptional()
        .describe('Sign in as this GitHub App; goes with `private-key`.'),
      'private-key': secret(outside, 'the private key of the GitHub App')
        .exactOptional()
        .describe('Private key of the app, as GitHub gave it (PEM).'),
      token: secret(outside, 'an access token')
        .exactOptional()
        .describe('Sign in with an access token instead of an app.'),
      'base-url': webUrl('the address of the API, such as https://HOST/api/v3')
        .prefault('https://api.github.com')
        .describe('Address of the API; `https://HOST/api/v3` on an Enterprise server.'),
      'webhook-secret': webhookSecret(outside),
    },
    oneSignIn,
  );

function oneSignIn(value: Readonly<Record<string, unknown>>, complain: Complain): void {
  const app = 'app-id' in value || 'private-key' in value;
  if (app && 'token' in value) complain(['token'], 'expected either token, or app-id and private-key, got both');
  else if (!app && !('token' in value)) complain([], 'expected token, or app-id and private-key, got neither');
  else if (app && !('app-id' in value)) complain([], 'private-key needs app-id beside it');
  else if (app && !('private-key' in value)) complain([], 'app-id needs private-key beside it');
}

const repositoryFolder = (outside: Outside) =>
  settings({
    kind: z.literal('repository-folder').describe('Bare git repositories in a folder of this machine.'),
    path: line('the path of a folder')
      .meta({ title: 'path' })
      .describe('The folder; a repository is `OWNER/NAME.git` in it.'),
    'webhook-secret': webhookSecret(outside),
  });
