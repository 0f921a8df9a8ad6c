import type { Config } from './config.ts';

/** One entry of `machines` that is a pool of hosts. */
type PoolSettings = Extract<Config['machines'][string], { kind: 'ssh' }>;

/** The hosts of a pool: `10.0.0.5`, `10.0.0.5:2222`, `[2001:db8::5]:2222`; without a port of its own one has that of the entry. */
export const poolHosts = ({ hosts, sshPort }: Pick<PoolSettings, 'hosts' | 'sshPort'>) =>
  hosts.map((text) => {
    const [, inBrackets, plain = '', port] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d+))?$/.exec(text) ?? [];
    return { address: inBrackets ?? plain, port: port === undefined ? sshPort : Number(port), asWritten: text };
  });
