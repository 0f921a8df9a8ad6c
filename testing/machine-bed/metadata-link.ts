import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { BedInstance } from './bed-instance.ts';
import { nameOf } from './bed-names.ts';
import { startBedProcess } from './bed-process.ts';
import { host } from './docker.ts';
import { startMetadataServer } from './metadata-server.ts';

const address = '169.254.169.254';

export interface MetadataLink {
  /** What the machine asked of its metadata service: `GET /latest/user-data 200`. */
  readonly asked: readonly string[];
  /** Once more does nothing. */
  close(): Promise<void>;
}

/**
 * Joins the network namespace of a process to a metadata service of its own: one link into a namespace where nothing else is, so
 * nothing that is sent to the metadata address can go anywhere else. Answers reach only as many hops as the instance allows.
 */
export async function linkMetadata(
  { runId, folder }: { runId: string; folder: string },
  instance: BedInstance,
  pid: number,
): Promise<MetadataLink> {
  const namespace = nameOf(runId, instance.id);
  const socket = join(folder, `${instance.id}.sock`);
  await rm(socket, { force: true });
  const server = await startMetadataServer(instance, socket);
  if (existsSync(join('/run/netns', namespace))) await host(['ip', 'netns', 'delete', namespace]);
  await host(['ip', 'netns', 'add', namespace]);
  const inside = (...argv: string[]): Promise<string> => host(['ip', 'netns', 'exec', namespace, ...argv]);
  await inside('sysctl', '--quiet', '--write', `net.ipv4.ip_default_ttl=${instance.hopLimit ?? 1}`);
  await host([
    'ip',
    'link',
    'add',
    'imds0',
    'netns',
    String(pid),
    'type',
    'veth',
    'peer',
    'name',
    'imds1',
    'netns',
    namespace,
  ]);
  await inside('ip', 'address', 'add', `${address}/16`, 'dev', 'imds1');
  await inside('ip', 'link', 'set', 'imds1', 'up');
  const listen = `TCP-LISTEN:80,bind=${address},fork,reuseaddr`;
  const argv = ['ip', 'netns', 'exec', namespace, 'socat', listen, `UNIX-CONNECT:${socket}`];
  const forwarder = await startBedProcess(folder, `metadata-${instance.id}`, argv);
  await joinMachine(pid);
  let open = true;
  return {
    asked: server.asked,
    async close() {
      if (!open) return;
      open = false;
      await forwarder.stop();
      await server.close();
      await host(['ip', 'netns', 'delete', namespace]);
    },
  };
}

/** The route comes last: the machine's first process waits for it. */
async function joinMachine(pid: number): Promise<void> {
  const inMachine = (...argv: string[]): Promise<string> => host(['nsenter', '-t', String(pid), '-n', 'ip', ...argv]);
  await inMachine('address', 'add', '169.254.169.253/32', 'dev', 'imds0');
  await inMachine('link', 'set', 'imds0', 'up');
  await inMachine('route', 'add', `${address}/32`, 'dev', 'imds0');
}
