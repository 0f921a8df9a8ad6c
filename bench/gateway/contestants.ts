import { type ChildProcess, fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { delimiter, join } from 'node:path';

/** Something that visitors can reach the application by. */
export interface Contestant {
  readonly name: string;
  readonly port: number;
  /** Processor time of the process so far, all threads, in microseconds; 0 for the application itself (nothing in between). */
  cpuMicros(): number;
  stop(): Promise<void>;
}

export async function startOurs(upstream: number): Promise<Contestant> {
  const child = fork(join(import.meta.dirname, 'ours.ts'), [String(upstream)], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const [port] = (await once(child, 'message')) as [number];
  return contestant('ours', port, child);
}

export async function startUpstream(): Promise<{ port: number; stop: () => Promise<void> }> {
  const child = fork(join(import.meta.dirname, 'upstream.ts'), { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  const [port] = (await once(child, 'message')) as [number];
  return contestant('upstream', port, child);
}

/** One worker, connections to the application kept, as its manual recommends for a reverse proxy. */
export async function startNginx(upstream: number, folder: string): Promise<Contestant> {
  const port = await freePort();
  await mkdir(join(folder, 'nginx'), { recursive: true });
  const config = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const paths = temporary.map((name) => `${name}_temp_path ${join(folder, 'nginx', name)};`).join('\n');
  await writeFile(
    config,
    `daemon off; master_process off; worker_processes 1; pid ${join(folder, 'nginx.pid')}; error_log stderr crit;
events { worker_connections 1024; }
http { access_log off; ${paths}
map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
upstream application { server 127.0.0.1:${upstream}; keepalive 64; }
server { listen 127.0.0.1:${port}; keepalive_requests 10000000;
location / { proxy_pass http://application; proxy_http_version 1.1; proxy_set_header Host $host;
proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_upgrade;
proxy_set_header X-Forwarded-For $remote_addr; add_header X-Robots-Tag noindex always; } } }
`,
  );
  return contestant('nginx', port, spawn('nginx', ['-c', config, '-p', folder], { stdio: 'ignore' }));
}

export async function startCaddy(upstream: number, folder: string): Promise<Contestant> {
  const port = await freePort();
  const config = join(folder, 'Caddyfile');
  await writeFile(
    config,
    `{\n admin off\n auto_https off\n}\nhttp://:${port} {\n bind 127.0.0.1\n header X-Robots-Tag noindex\n reverse_proxy 127.0.0.1:${upstream}\n}\n`,
  );
  const env = { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder };
  const child = spawn('caddy', ['run', '--config', config, '--adapter', 'caddyfile'], { stdio: 'ignore', env });
  return contestant('caddy', port, child);
}

/** Whether a program can be found. */
export const isInstalled = (program: string): boolean =>
  `${process.env['PATH'] ?? ''}${delimiter}/usr/sbin`.split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch (error) {
      // Not here; any other reason not to be able to run it counts the same.
      return error === undefined;
    }
  });

async function contestant(name: string, port: number, child: ChildProcess): Promise<Contestant> {
  const ended = once(child, 'exit');
  await accepts(name, port, child);
  return {
    name,
    port,
    cpuMicros: () => cpuMicrosOf(child.pid ?? 0),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** The kernel counts in hundredths of a second. */
function cpuMicrosOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

async function accepts(name: string, port: number, child: ChildProcess): Promise<void> {
  for (let left = 100; left > 0; left--) {
    if (child.exitCode !== null) throw new Error(`starting ${name}: it ended with ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    const isOpen = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (isOpen) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`starting ${name}: it does not accept connections`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
