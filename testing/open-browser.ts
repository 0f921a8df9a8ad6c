import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { realPart } from './real-part.ts';

/** Debian's, or the one that `CHROMIUM` names. */
const program = process.env['CHROMIUM'] ?? '/usr/bin/chromium';

export const noBrowser = (): string | false => realPart('Chromium is not installed', existsSync(program));

/** A real browser that finds `host` on this machine and asks nobody else for anything. Ends with `await using`. */
export const openBrowser = (host: string) =>
  chromium.launch({
    executablePath: program,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--host-resolver-rules=MAP ${host} 127.0.0.1`,
    ],
  });
