import { writeFile } from 'node:fs/promises';
import { references } from '../testing/references.ts';

// Renews the generated parts of docs/api.md and docs/cli.md; a test says when that is needed.
const root = new URL('../', import.meta.url);
for (const [path, text] of Object.entries(await references(root))) await writeFile(new URL(path, root), text);
