import { setTimeout as pause } from 'node:timers/promises';
import { type SavedStateReply, savedState } from '../../../api/saved-contract.ts';
import { durationText } from '../../../domain/duration-text.ts';
import { codeOf, WizardError } from '../../../domain/wizard-error.ts';
import {
  type AddCommand,
  type ApiOptions,
  connect,
  environmentPath,
  printJson,
  withServer,
} from '../../api-command.ts';
import { type Client, interrupted } from '../../client.ts';
import { bytesText, savedPath } from '../../data-words.ts';

interface Options extends ApiOptions {
  readonly service?: string;
  readonly wait: boolean;
}

const everyMs = 100;

export const addDataSave: AddCommand = (data, terminal) => {
  withServer(data.command('save'))
    .argument('<environment>', 'its id, owner/repository#number, or an address')
    .argument('<name>', 'what to call the state')
    .description('Save the state of its database, to load it here or elsewhere; it is kept when the environment closes')
    .option('--service <service>', 'which of its databases; without it the only one')
    .option('--no-wait', 'return at once instead of when it is done')
    .action(async (environment: string, name: string, { service, ...options }: Options) => {
      const client = await connect(options, terminal);
      const what = { name, ...(service === undefined ? {} : { service }) };
      const begun = await client.post(savedState, environmentPath(environment, '/save'), what);
      const saved = options.wait ? await untilSaved(client, name, terminal.signal) : begun;
      if (options.json) return printJson(terminal, { saved });
      if (!options.wait) return terminal.out(`Saving ${name}: \`wizard data saved\` shows how it goes.\n`);
      const still = durationText(saved.stoodStillMs ?? 0);
      terminal.out(
        `${terminal.paint('green', '✔')} ${saved.from.service} of ${saved.from.environment} is saved as ${name}, ${bytesText(saved.bytes)}; it stood still for ${still}\n`,
      );
    });
};

async function untilSaved(client: Client, name: string, signal: AbortSignal): Promise<SavedStateReply> {
  for (;;) {
    const saved = await client.get(savedState, savedPath(name)).catch((error: unknown) => {
      throw codeOf(error) === 'request/unknown-saved-state' ? cutOff(name) : error;
    });
    if (saved.state === 'saved') return saved;
    if (saved.state === 'failed') throw notSaved(name, saved);
    await pause(everyMs, undefined, { signal }).catch(() => {
      throw interrupted();
    });
  }
}

const cutOff = (name: string): WizardError =>
  new WizardError(`saving ${name}: the server ended in the middle of it; nothing was saved`, {
    code: 'cli/not-saved',
    remedy: 'change-input',
    hint: 'Ask again. The database serves as before.',
  });

const notSaved = (name: string, { failure }: SavedStateReply): WizardError =>
  new WizardError(`saving ${name}: ${failure?.message ?? 'it failed'}`, {
    code: 'cli/not-saved',
    remedy: 'change-input',
    ...(failure?.hint === undefined ? {} : { hint: failure.hint }),
  });
