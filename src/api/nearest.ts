/** The few of `known` that look most like what was asked for, best first; none that looks nothing like it. */
export function nearest(asked: string, known: readonly string[], howMany = 3): string[] {
  const wanted = asked.toLowerCase();
  return known
    .map((name) => ({ name, distance: unlikeness(wanted, name.toLowerCase()) }))
    .filter(({ name, distance }) => distance <= Math.max(2, Math.ceil(Math.max(name.length, wanted.length) / 2)))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, howMany)
    .map(({ name }) => name);
}

/** One that contains the other is near, however long the rest is. */
function unlikeness(a: string, b: string): number {
  if (a.length >= 2 && (b.includes(a) || a.includes(b))) return 1;
  return editDistance(a.slice(0, 80), b.slice(0, 80));
}

/** How many letters must be changed, added or taken away. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let line = 1; line <= a.length; line++) {
    const next = [line];
    for (let column = 1; column <= b.length; column++) {
      const changed = (row[column - 1] ?? 0) + (a[line - 1] === b[column - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
