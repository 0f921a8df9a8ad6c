import type { Json } from '../../domain/json.ts';
import { quoted } from '../../domain/shell-text.ts';
import type { MachineTarget } from './machine-target.ts';

export interface InventoryAbout {
  readonly target: MachineTarget;
  readonly group: string;
  readonly sshConfig: string;
}

/** An inventory of one machine, for Ansible's reader of YAML, which JSON is. */
export function inventoryFor({ target, group, sshConfig }: InventoryAbout): Json {
  const hosts = {
    [target.host]: {
      ansible_host: target.host,
      ansible_port: target.port,
      ansible_user: target.user,
      ansible_ssh_private_key_file: target.key,
      // Known hosts and strict checking are in there.
      ansible_ssh_common_args: `-F ${quoted(sshConfig)}`,
    },
  };
  return { all: group === 'all' ? { hosts } : { children: { [group]: { hosts } } } };
}
