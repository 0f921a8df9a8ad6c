import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { stringify } from 'yaml';
import { WizardError } from '../domain/wizard-error.ts';
import { systemCode } from './check-line.ts';

/** What `wizard init` asks. */
export interface Answers {
  readonly host: 'github' | 'repository-folder';
  /** `owner/name` */
  readonly repository: string;
  /** Of `github`: how to sign in. */
  readonly signIn: 'token' | 'app';
  /** Of `repository-folder`: where the repositories are. */
  readonly folder: string;
  readonly domain: string;
  /** What builds the app; empty when nothing needs to. */
  readonly build: string;
  /** What starts it, listening on `PORT`. */
  readonly run: string;
  /** Channel to tell; empty for none. */
  readonly slackChannel: string;
}

export const defaultAnswers: Answers = {
  host: 'github',
  repository: 'owner/name',
  signIn: 'token',
  folder: './repositories',
  domain: 'localhost',
  build: 'npm ci',
  run: 'npm start',
  slackChannel: '',
};

/** Environment variables that the server must be started with after these answers. */
export function neededVariables(answers: Answers): readonly string[] {
  return [
    ...(answers.host === 'github' ? (answers.signIn === 'token' ? ['GITHUB_TOKEN'] : ['GITHUB_APP_ID']) : []),
    ...(answers.slackChannel === '' ? [] : ['SLACK_TOKEN']),
  ];
}

/** Any text as YAML of one line: an answer never becomes a setting of its own. */
const yaml = (text: string): string => stringify(text, { defaultStringType: 'QUOTE_DOUBLE', lineWidth: 0 }).trimEnd();

/** The text of a commented `wizard.yml`. */
export function startingFile(answers: Answers): string {
  const { repository, domain, build, run, slackChannel } = answers;
  return `# Settings of Shining Wizard. "wizard check" tries them; docs/configuration.md explains every one.
# Secrets stay outside: \${env:NAME} is an environment variable, \${file:PATH} a file beside this one.

# *.localhost leads to this machine by itself. For another domain, *.DOMAIN must lead to the gateway.
domain: ${yaml(domain)}
listen:
  api: 127.0.0.1:4700 # API and webhooks
  gateway: 127.0.0.1:4780 # the environments themselves

# What the command line asks for.
api-token: \${file:secrets/api-token}

code-hosts:
${codeHostLines(answers)}
    # Give this to the code host too: it signs its webhooks with it.
    webhook-secret: \${file:secrets/webhook-secret}

announcers:
  - kind: ${answers.host === 'github' ? 'pull-request # a comment and a commit status' : 'log'}
${slackChannel === '' ? '' : `  - kind: slack\n    token: \${env:SLACK_TOKEN}\n    channel: ${yaml(slackChannel)}\n`}
repositories:
  - name: ${yaml(repository)}
    policy:
      drafts: build # or ignore
      forks: approval # a member approves each commit; or never
    recipe:
${buildLines(build)}      processes:
        web:
          run: ${yaml(run)} # it listens on the port in PORT
          # health: /healthz # asked until it answers 200; without it: until it accepts connections
      endpoints:
        app: web # http://app-REPOSITORY-NUMBER.DOMAIN
`;
}

function buildLines(build: string): string {
  if (build === '') return '';
  const start = '      # Run one after the other in the checkout.\n      build:\n';
  // It installs what the lock file says and nothing else, so it need not be run again for each commit. Of other commands we cannot know.
  if (build !== defaultAnswers.build) return `${start}        - ${yaml(build)}\n`;
  return `${start}        - run: ${yaml(build)}
          reuse: # not run again while these files are the same; add others that it reads, such as .npmrc
            files: [package.json, package-lock.json]
            keep: [node_modules] # what it made, brought back instead; add those of workspaces
`;
}

function codeHostLines({ host, signIn, folder }: Answers): string {
  if (host === 'repository-folder')
    return `  local:\n    kind: repository-folder\n    path: ${yaml(folder)} # OWNER/NAME.git in it`;
  const start = '  github:\n    kind: github\n';
  if (signIn === 'token')
    return `${start}    # Needs: contents read, pull requests write, commit statuses write.\n    token: \${env:GITHUB_TOKEN}`;
  return `${start}    # Permissions of the app: contents read, pull requests write, commit statuses write.\n    app-id: \${env:GITHUB_APP_ID}\n    private-key: \${file:secrets/github-app.pem}`;
}

/**
 * Writes `wizard.yml` and the secrets that we can make ourselves, readable by the owner alone. Never writes over a file: throws
 * `config/exists`. Answers the paths that were written.
 */
export async function writeStartingFiles(folder: string, answers: Answers): Promise<readonly string[]> {
  const files = {
    'wizard.yml': startingFile(answers),
    'secrets/api-token': `${randomBytes(32).toString('hex')}\n`,
    'secrets/webhook-secret': `${randomBytes(32).toString('hex')}\n`,
  };
  const written: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const full = join(folder, path);
    await mkdir(dirname(full), { recursive: true, mode: path.startsWith('secrets/') ? 0o700 : 0o755 });
    try {
      await writeFile(full, text, { flag: 'wx', mode: path.startsWith('secrets/') ? 0o600 : 0o644 });
      written.push(full);
    } catch (cause) {
      if (systemCode(cause) !== 'EEXIST') throw cause;
      // Secrets of an earlier try are still good; settings somebody wrote are not ours to change.
      if (path === 'wizard.yml') throw exists(full, cause);
    }
  }
  return written;
}

const exists = (path: string, cause: unknown): WizardError =>
  new WizardError(`writing ${path}: it is there already`, {
    code: 'config/exists',
    remedy: 'change-input',
    hint: 'Edit it, or move it away first.',
    cause,
  });
