import { WizardError } from '../../domain/wizard-error.ts';
import { dockerEnvironment } from '../docker-environment.ts';
import { oneAtATime } from '../one-at-a-time.ts';
import { runCommand } from '../run-command.ts';

const limitMs = 60_000;
/** Each takes Docker some 50 ms. */
const tries = 20;
const inTurn = oneAtATime();
const never = new AbortController().signal;
/** Those that we looked at in this life: a server without containers asks Docker nothing. */
const used = new Set<string>();

export const networkName = (instance: string): string => `wizard-${instance}`;

/**
 * A network for the services of one server of ours, on which containers reach neither each other nor the world: what a container
 * publishes on loopback is the only way in. One for all, since Docker has addresses for some thirty.
 */
export async function ensureNetwork(instance: string): Promise<void> {
  const name = networkName(instance);
  const about = { timeLimitMs: limitMs, env: dockerEnvironment(), allow: () => true };
  used.add(name);
  await inTurn(name, never, async () => {
    if ((await runCommand(['docker', 'network', 'inspect', name], about)).status === 0) return;
    const options = ['enable_icc=false', 'enable_ip_masquerade=false', 'host_binding_ipv4=127.0.0.1'];
    const { status, stderr } = await runCommand(
      [
        ...['docker', 'network', 'create', '--driver=bridge', `--label=wizard.instance=${instance}`],
        ...options.map((option) => `--opt=com.docker.network.bridge.${option}`),
        name,
      ],
      about,
    );
    if (status === 0 || /already exists/.test(stderr)) return;
    throw new WizardError(`making the network ${name}: ${stderr.trim().slice(0, 300)}`, {
      code: 'container/no-network',
      remedy: 'fix-setup',
      hint: 'See `docker network ls`: Docker has addresses for some thirty, and `docker network prune` removes those that nothing uses.',
    });
  });
}

/** At the end of a life: where containers run on it stays. */
export async function dropNetwork(instance: string): Promise<void> {
  const name = networkName(instance);
  if (!used.has(name)) return;
  const about = { timeLimitMs: limitMs, env: dockerEnvironment(), allow: () => true };
  await inTurn(name, never, async () => {
    for (let left = tries; left > 0; left -= 1) {
      const { status, stderr } = await runCommand(['docker', 'network', 'rm', name], about);
      if (status === 0 || /not found|no such network/i.test(stderr)) return;
      // One that was taken away a moment ago may still count as being in it.
      const inIt = ['docker', 'ps', '--all', '--quiet', '--filter', `network=${name}`];
      if ((await runCommand(inIt, about)).stdout.trim() !== '') return;
    }
  });
}
