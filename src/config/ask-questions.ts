import type { Readable, Writable } from 'node:stream';
import { CANCEL_SYMBOL, cancel, intro, select, text } from '@clack/prompts';
import { WizardError } from '../domain/wizard-error.ts';
import { type Answers, defaultAnswers } from './starting-file.ts';

/** Where the questions go; the process's own terminal when missing. */
export interface Terminal {
  readonly input?: Readable;
  readonly output?: Writable;
}

/** Asks the operator on the terminal. Throws `config/cancelled` when they give up. Not for `--yes`: that takes `defaultAnswers`. */
export async function askQuestions(known: Partial<Answers> = {}, terminal: Terminal = {}): Promise<Answers> {
  const start = { ...defaultAnswers, ...known };
  const ask = asker(terminal);
  intro('A wizard.yml for this server', terminal);
  const host = await answered(
    select({
      ...terminal,
      message: 'Where are the pull requests?',
      initialValue: start.host,
      options: [
        { value: 'github' as const, label: 'GitHub, or GitHub Enterprise' },
        { value: 'repository-folder' as const, label: 'Git repositories in a folder of this machine' },
      ],
    }),
    terminal,
  );
  const signIn = host === 'github' ? await askSignIn(start.signIn, terminal) : start.signIn;
  const folder = host === 'repository-folder' ? await ask('Which folder?', start.folder) : start.folder;
  return {
    host,
    signIn,
    folder,
    repository: await ask('Which repository? (owner/name)', known.repository ?? '', repositoryMistake),
    domain: await ask('What shall host names end with?', start.domain, domainMistake),
    build: await ask('What builds the app? (empty: nothing)', start.build, () => undefined),
    run: await ask('What starts it? It must listen on the port in PORT.', start.run),
    slackChannel: await ask('Which Slack channel is told? (empty: none)', start.slackChannel, () => undefined),
  };
}

const askSignIn = (initialValue: Answers['signIn'], terminal: Terminal): Promise<Answers['signIn']> =>
  answered(
    select({
      ...terminal,
      message: 'How does the server sign in?',
      initialValue,
      options: [
        { value: 'token' as const, label: 'With an access token (GITHUB_TOKEN)' },
        { value: 'app' as const, label: 'As a GitHub App (GITHUB_APP_ID and its private key)' },
      ],
    }),
    terminal,
  );

type Mistake = (value: string) => string | undefined;

const asker =
  (terminal: Terminal) =>
  async (message: string, initialValue: string, mistake: Mistake = needed): Promise<string> => {
    const question = text({ ...terminal, message, initialValue, validate: (value) => mistake(value ?? '') });
    return ((await answered<string | undefined>(question, terminal)) ?? '').trim();
  };

const needed: Mistake = (value) => (value.trim() === '' ? 'Something is needed here.' : undefined);

const repositoryMistake: Mistake = (value) =>
  /^[A-Za-z0-9._-]+\/[A-Za-z0-9._-]+$/.test(value.trim()) ? undefined : 'Write it as owner/name.';

const domainMistake: Mistake = (value) =>
  /^[a-z0-9-]+(\.[a-z0-9-]+)*$/.test(value.trim()) ? undefined : 'Lower case letters, digits, hyphens and dots.';

async function answered<Value>(question: Promise<Value | typeof CANCEL_SYMBOL>, terminal: Terminal): Promise<Value> {
  const answer = await question;
  if (answer !== CANCEL_SYMBOL) return answer as Value;
  cancel('Nothing was written.', terminal);
  throw new WizardError('asking for settings: given up', {
    code: 'config/cancelled',
    remedy: 'change-input',
    hint: 'Start again with "wizard init", or take the defaults with --yes.',
  });
}
