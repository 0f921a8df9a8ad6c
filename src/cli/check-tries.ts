import { resolve4, resolve6 } from 'node:dns/promises';
import { join } from 'node:path';
import type { CheckTries } from '../config/check.ts';
import type { Config } from '../config/config.ts';
import { WizardError } from '../domain/wizard-error.ts';
import { checkSlack } from '../drivers/announcers/slack/check-slack.ts';
import { checkDns } from '../drivers/dns/check-dns.ts';
import { systemClock } from '../kit/clock.ts';
import { createLogger } from '../kit/logger.ts';
import { openCodeHosts } from '../open-drivers.ts';
import { checkEmbeddedStore } from '../store/check-store.ts';
import { tryPostgres } from '../store/postgres.ts';
import { isOwnServer } from './own-server.ts';
import type { Terminal } from './terminal.ts';
import { tryDataSource } from './try-data-source.ts';
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
      const { token, channel = '', apiUrl } = settings;
      return checkSlack({ token, channel, ...(apiUrl === undefined ? {} : { apiUrl }), clock: systemClock }, call);
    },
    async database({ database, dataDirectory, databaseBecause }) {
      if (!database) return checkEmbeddedStore(join(dataDirectory, 'wizard.sqlite'));
      await tryPostgres(database.reveal());
      return `answers (${databaseBecause})`;
    },
    isOwnServer: (what) => isOwnServer(what, config),
    machine: (name, call) => tryMachine(config, name, call),
    dataSource: (name, call) => tryDataSource(config, name, call),
    zone: (dns, call) => checkDns({ ...dns, clock: systemClock }, call),
    async addresses(host) {
      const found = await Promise.allSettled([resolve4(host), resolve6(host)]);
      return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    },
  };
}
