import type { Phase } from '../domain/environment.ts';
import type { EnvironmentView, StepView } from '../ports/requests.ts';

/** What the live page says about an environment, in words for people who do not program. */
export interface LiveWords {
  readonly mood: 'busy' | 'waiting' | 'failed' | 'gone' | 'live';
  readonly headline: string;
  readonly sentence: string;
  /** What happens next, or what the reader can do. */
  readonly next: string;
}

const opensByItself = 'This page opens the application by itself as soon as it is ready. There is no need to reload.';

const mended =
  'It is tried again by itself now and then, and when a new commit is pushed. This page then opens the application.';

const words: Readonly<Record<Phase, LiveWords>> = {
  waiting: { mood: 'waiting', headline: 'Not started yet', sentence: '', next: opensByItself },
  building: {
    mood: 'busy',
    headline: 'Getting ready',
    sentence: 'This version of the application is being set up.',
    next: opensByItself,
  },
  updating: {
    mood: 'busy',
    headline: 'Updating',
    sentence: 'A newer version of the application is being set up.',
    next: opensByItself,
  },
  live: {
    mood: 'busy',
    headline: 'Not answering',
    sentence: 'The application was started, but does not answer right now.',
    next: opensByItself,
  },
  failed: {
    mood: 'failed',
    headline: 'This version could not be started',
    sentence: '',
    next: 'It is tried again by itself when a new commit is pushed. This page then opens the application.',
  },
  asleep: {
    mood: 'waiting',
    headline: 'Asleep',
    sentence: 'This environment was put to sleep. What it has on disk is kept.',
    next: 'A new commit wakes it, and so does an operator. This page then opens the application by itself.',
  },
  closing: {
    mood: 'gone',
    headline: 'Being taken away',
    sentence: 'This environment is no longer needed and is being cleaned up.',
    next: 'If it is wanted again, it is set up anew and appears here.',
  },
  closed: {
    mood: 'gone',
    headline: 'This environment is gone',
    sentence: 'It was taken away, and nothing of it is left.',
    next: 'If its pull request is opened again, it is set up anew and appears here.',
  },
};

/** `isServing`: the application answers at this moment. */
export function liveWords(view: EnvironmentView, isServing: boolean): LiveWords {
  const { phase, because } = view.news;
  if (phase === 'live' && isServing) {
    return { mood: 'live', headline: 'The application is running', sentence: '', next: '' };
  }
  const said = words[phase];
  if (phase === 'failed' && view.news.failure?.remedy === 'fix-setup') return { ...said, next: mended };
  const tells = phase === 'waiting' || phase === 'closing' || phase === 'closed';
  return tells && because !== '' ? { ...said, sentence: asSentence(because) } : said;
}

/** `waiting for approval` → `Waiting for approval.` */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  const capital = trimmed.slice(0, 1).toUpperCase() + trimmed.slice(1);
  return /[.!?…]$/.test(capital) ? capital : `${capital}.`;
}

const kinds: Readonly<Record<string, string>> = {
  checkout: 'Fetch the code',
  'data-files': 'Copy the data',
  'schema-snapshot': 'Note the tables',
  'schema-changes': 'See what migrations changed',
  ec2: 'Start the machine',
  'ssh-pool': 'Get a machine',
  ssh: 'Sign in to the machine',
  'machine-services': 'Start databases and caches',
  ansible: 'Configure the machine',
  capistrano: 'Deploy the code',
  shell: 'Deploy the code',
  'http-check': 'See that it answers',
  route53: 'Register the addresses',
  rfc2136: 'Register the addresses',
  route: 'Open to visitors',
};

/** `build-assets` → `Build: assets`; names that we do not know stay as they are. */
export function stepTitle(step: Pick<StepView, 'name' | 'kind'>): string {
  // The machine's Ansible repository is checked out like the application's own.
  if (step.name === 'playbooks') return 'Fetch the playbooks';
  const known = kinds[step.kind];
  if (known) return known;
  if (['process', 'database', 'cache'].includes(step.kind)) return `Start ${step.name}`;
  const [, room, rest] = /^(build|release)-(.+)$/.exec(step.name) ?? [];
  if (!room || !rest) return step.name;
  return `${room === 'build' ? 'Build' : 'Prepare'}: ${rest}`;
}

/** `0.4 s`, `12 s`, `2 min 5 s`, `1 h 3 min`. */
export function inWords(ms: number): string {
  const seconds = Math.max(0, ms) / 1000;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return whole % 60 === 0 ? `${minutes} min` : `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
