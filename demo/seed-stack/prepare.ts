import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const installer = fileURLToPath(new URL('../../scripts/install-real-parts.sh', import.meta.url));

/** One of each package that the machine bed and the local cloud need. */
const parts = [
  ...['dockerd', 'named', 'iptables', 'sshd'].map((program) => `/usr/sbin/${program}`),
  ...['git', 'mmdebstrap', 'ansible-playbook', 'cap', 'socat', 'nsupdate', 'ssh'].map(
    (program) => `/usr/bin/${program}`,
  ),
  '/usr/lib/python3/dist-packages/botocore/data',
];

/** Sees to it that every real part is there. Answers why that cannot be, in one sentence; missing: all is well. */
export async function prepare(say: (line: string) => void): Promise<string | undefined> {
  const hasApt = existsSync('/etc/debian_version') && existsSync('/usr/bin/apt-get');
  if (!hasApt || process.getuid?.() !== 0)
    return 'npm run demo -- --seed-stack starts real machines, so it needs Debian and root; npm run demo needs neither.';
  const missing = parts.filter((path) => !existsSync(path));
  if (missing.length === 0) return undefined;
  say(`missing here: ${missing.map((path) => path.split('/').at(-1)).join(', ')}`);
  say('scripts/install-real-parts.sh installs them with apt; that takes a minute or two');
  const install = spawn('bash', [installer], { stdio: ['ignore', 'inherit', 'inherit'] });
  const [status] = await once(install, 'close');
  if (status === 0) return undefined;
  return `scripts/install-real-parts.sh ended with status ${status}; its last lines above say why.`;
}
