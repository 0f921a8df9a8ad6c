import { existsSync } from 'node:fs';
import { realPart } from '../real-part.ts';

const sbin = ['dockerd', 'named', 'iptables'].map((program) => `/usr/sbin/${program}`);
const bin = ['mmdebstrap', 'ansible-playbook', 'cap', 'socat', 'nsupdate'].map((program) => `/usr/bin/${program}`);
const isHere = process.getuid?.() === 0 && [...sbin, ...bin].every((program) => existsSync(program));

/** To be given to a test as `skip`: why there can be no machine bed here, or false. */
export const noBed = realPart('the machine bed needs Debian, root and scripts/install-real-parts.sh', isHere);
