const block = /-----BEGIN SSH HOST KEY KEYS-----([\s\S]*?)-----END SSH HOST KEY KEYS-----/;
const key = /\b((?:ssh-|ecdsa-sha2-)[a-z0-9-]+) ([A-Za-z0-9+/]{40,}={0,2})/g;

/**
 * The host keys that a machine writes to its console as it boots, each as `TYPE BASE64`; empty while they are not there. The first
 * lines of our user-data write them, in the form of cloud-init, which has its turn only after that script. Only the first block
 * counts: it was written before anything of a pull request ran there.
 */
export function hostKeysIn(console: string): string[] {
  const text = block.exec(console)?.[1] ?? '';
  return [...new Set([...text.matchAll(key)].map(([, type, body]) => `${type} ${body}`))].toSorted();
}
