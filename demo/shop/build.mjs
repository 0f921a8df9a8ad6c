import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

// Every asset gets its hash into its name, so that browsers may keep it for ever.
mkdirSync('public', { recursive: true });
const names = {};
for (const file of readdirSync('assets')) {
  const text = readFileSync(`assets/${file}`);
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8);
  names[file] = file.replace(/(\.[a-z]+)$/, `.${hash}$1`);
  writeFileSync(`public/${names[file]}`, text);
  console.log(`built public/${names[file]} (${text.length} bytes)`);
}
writeFileSync('public/names.json', JSON.stringify(names));
console.log('build done');
