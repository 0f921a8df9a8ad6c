import { spawn } from 'node:child_process';
import type { Terminal } from './terminal.ts';

/** Opens the page where there is a screen. That there is no browser is said, and is no failure: the address was printed. */
export function openBrowser(url: string, terminal: Terminal): void {
  const { env } = terminal;
  const mac = process.platform === 'darwin';
  if (!mac && !env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return;
  const child = spawn(mac ? 'open' : 'xdg-open', [url], { stdio: 'ignore', detached: true });
  child.on('error', () => terminal.err('No browser could be started; open the address yourself.\n'));
  child.unref();
}
