/** What made-up people are called and where they live: plain letters, so that every character set can hold them. */
export const fakeWords = {
  first:
    'Ada Alan Bela Clara Dora Edgar Emil Frida Greta Hugo Ida Ivan Jonas Karla Lena Milo Nora Oskar Paula Rosa'.split(
      ' ',
    ),
  last: 'Abel Brook Carver Dale Ellery Field Grove Hale Ingram Juniper Keller Linden Marsh North Orchard Pike Quill Rivers Stone Wells'.split(
    ' ',
  ),
  street: 'Acorn Birch Cedar Dogwood Elm Fern Garnet Hazel Ivy Jasmine Kestrel Laurel Maple Nettle Oak Poplar'.split(
    ' ',
  ),
  city: 'Ashford Brookfield Clearwater Dunmore Eastvale Fairhaven Glenwood Hillcrest'.split(' '),
} as const;

/** Which part of a name or an address a column holds, as far as its name tells. */
export function partOf(column: string, rule: 'name' | 'address'): 'first' | 'last' | 'code' | 'city' | 'whole' {
  if (rule === 'name') {
    if (/first|given|fore|vor|prenom|primeiro|mei$/i.test(column)) return 'first';
    return /last|sur|family|nach|apellid|cognome|sobrenome|(^|_)sei$/i.test(column) ? 'last' : 'whole';
  }
  if (/zip|post(al)?_?code|plz|postcode|(^|_)cap$|(^|_)cep$/i.test(column)) return 'code';
  return /city|town|(^|_)ort$|ville|ciudad|citta|cidade/i.test(column) ? 'city' : 'whole';
}

/** Whether a value is one that masking itself could have made. */
export function isMadeUp(text: string): boolean {
  if (/^u[0-9a-f]+@example\.com$/.test(text) || /^\+?999[0-9]*$/.test(text)) return true;
  const known = new Set<string>([...fakeWords.first, ...fakeWords.last, ...fakeWords.street, ...fakeWords.city]);
  const words = text.split(/[ ,]+/).filter((word) => !/^\d*$/.test(word) && word !== 'Street');
  return words.length > 0 ? words.every((word) => known.has(word)) : false;
}
