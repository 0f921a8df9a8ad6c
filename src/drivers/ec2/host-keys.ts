const block = /-----BEGIN SSH HOST KEY KEYS-----([\s\S]*?)-----END SSH HOST KEY KEYS-----/;
const key = /\b((?:ssh-|ecdsa-sha2-)[a-z0-9-]+) ([A-Za-z0-9+/]{40,}={0,2})/g;

/**
 * The host keys that a machine writes to its console as it boots, each as `TYPE BASE64`; empty while they are not there. The first
 * part of our user-data has them written, in the form of cloud-init, whose own turn comes only after our script. Only the first block
 * counts: it was written before anything of a pull request ran there.
 */
export function hostKeysIn(console: string): string[] {
  const text = block.exec(console)?.[1] ?? '';
  return [...new Set([...text.matchAll(key)].map(([, type, body]) => `${type} ${body}`))].toSorted();
}
