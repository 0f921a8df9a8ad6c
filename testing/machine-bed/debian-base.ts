import { readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { docker, host } from './docker.ts';

/** How a Debian like this machine's is had: the same suites from the same mirror. */
export interface DebianSource {
  readonly suite: string;
  /** Lines of a sources.list. */
  readonly sources: readonly string[];
  /** apt's own settings for fetching (proxies, dates). */
  readonly settings: readonly string[];
}

const left = ['man', 'doc', 'locale', 'info'];

/** Read from what apt says that it uses; `apt-get update` must have run once. */
export async function debianSource(): Promise<DebianSource> {
  const suite = /^VERSION_CODENAME=(\w+)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1];
  const format = '$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)';
  const targets = await host(['apt-get', 'indextargets', '--format', format, 'Created-By: Packages']);
  const sources = targets
    .split('\n')
    .filter((line) => line.startsWith('Debian|') && line.endsWith(' main'))
    .map((line) => line.slice('Debian|'.length));
  if (!suite || sources.length === 0)
    throw new Error('reading the apt sources: this needs Debian, after apt-get update');
  const settings = (await host(['apt-config', 'dump']))
    .split('\n')
    .filter((line) => /^Acquire::(Check-|https?::Proxy).*"[^"]+";$/.test(line))
    .map((line) => line.replace(/;$/, ''));
  return { suite, sources: [...new Set(sources)], settings };
}

/** Makes the smallest Debian as an image. Its apt fetches as this machine's does. */
export async function makeDebianBase(tag: string, { suite, sources, settings }: DebianSource): Promise<void> {
  const name = join(tmpdir(), `machine-bed-base-${process.pid}`);
  const [list, tar] = [`${name}.list`, `${name}.tar`];
  try {
    await writeFile(list, `${sources.join('\n')}\n`);
    const options = [
      ...[...settings, 'Apt::Install-Recommends "false"'].map((setting) => `--aptopt=${setting}`),
      ...left.map((folder) => `--dpkgopt=path-exclude=/usr/share/${folder}/*`),
      '--dpkgopt=force-unsafe-io',
    ];
    await host(['mmdebstrap', '--quiet', '--variant=minbase', '--format=tar', ...options, suite, tar, list], {
      timeLimitMs: 600_000,
    });
    await docker(['import', tar, tag], { timeLimitMs: 300_000 });
  } finally {
    await rm(list, { force: true });
    await rm(tar, { force: true });
  }
}
