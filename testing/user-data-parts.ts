import { execFileSync } from 'node:child_process';
import { gunzipSync } from 'node:zlib';

/** Reads MIME as cloud-init does, which is in Python: each part's type and text. */
const reader = `
import email, json, sys
whole = email.message_from_string(sys.stdin.buffer.read().decode("utf-8"))
print(json.dumps([[part.get_content_type(), part.get_payload(decode=True).decode("utf-8")] for part in whole.get_payload()]))
`;

/** The parts of user-data by their type, compressed or not. */
export function partsOf(userData: Uint8Array): Map<string, string> {
  const [a, b] = userData;
  const plain = a === 0x1f && b === 0x8b ? gunzipSync(userData) : userData;
  const said = execFileSync('/usr/bin/python3', ['-c', reader], { input: plain, encoding: 'utf8' });
  return new Map(JSON.parse(said) as [string, string][]);
}

/** The script that the machine runs when it has booted. */
export const scriptOf = (userData: Uint8Array | undefined): string | undefined =>
  partsOf(userData ?? new Uint8Array()).get('text/x-shellscript');
