import { resolve4, resolve6 } from 'node:dns/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { CheckTries } from '../config/check.ts';
import type { Config } from '../config/config.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { slackClient } from '../drivers/announcers/slack/slack-client.ts';
import { checkDns } from '../drivers/dns/check-dns.ts';
import { systemClock } from '../kit/clock.ts';
import { createLogger } from '../kit/logger.ts';
import { openCodeHosts } from '../open-drivers.ts';
import { checkEmbeddedStore } from '../store/check-store.ts';
import { tryPostgres } from '../store/postgres.ts';
import type { Terminal } from './terminal.ts';
import { tryMachine } from './try-machine.ts';

/** How `wizard check` tries credentials: with the very drivers that the server works with, saying nothing to anyone. */
export function checkTries(config: Config, terminal: Terminal): CheckTries {
  const log = createLogger({ level: 'error', style: 'pretty', write: terminal.err });
  const { hosts } = openCodeHosts(config, log);
  return {
    call: { signal: terminal.signal, log },
    codeHost: (name) => {
      const host = hosts.get(name);
      if (host) return host;
      throw new WizardError(`looking for the code host ${name}: there is none`, {
        code: 'config/invalid',
        remedy: 'fix-setup',
      });
    },
    async announcer(settings, call) {
      if (settings.kind === 'log') return 'writes to the log of the server';
      if (settings.kind === 'pull-request') return 'writes to pull requests with the credentials of the code host';
      if (!settings.token) return 'a webhook of Slack cannot be tried without saying something';
      const slack = slackClient({ token: settings.token, clock: systemClock });
      const { user, team } = await slack('auth.test', {}, z.object({ user: z.string(), team: z.string() }), call);
      return `signed in as ${user} of ${team}`;
    },
    async database({ database, dataDirectory, databaseBecause }) {
      if (!database) return checkEmbeddedStore(join(dataDirectory, 'wizard.sqlite'));
      await tryPostgres(database.reveal());
      return `answers (${databaseBecause})`;
    },
    machine: (name, call) => tryMachine(config, name, call),
    zone: (dns, call) => checkDns({ ...dns, clock: systemClock }, call),
    async addresses(host) {
      const found = await Promise.allSettled([resolve4(host), resolve6(host)]);
      return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    },
  };
}
