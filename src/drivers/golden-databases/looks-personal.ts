/** Names of columns that hold something personal, in the languages that databases are written in. */
const names: readonly (readonly [string, RegExp])[] = [
  ['mail address', /e_?mail|(^|_)mail($|_)|correo|courriel|posta_?elettronica/],
  ['phone number', /phone|(^|_)tel($|_|no|nr|num)|telef|mobile|(^|_)handy|celular|(^|_)fax|denwa|keitai/],
  [
    'name',
    /(first|last|middle|full|given|family|sur|maiden|nick|display|user|real|contact|birth|card_?holder|holder)_?name|^name_?(first|last|kana|kanji)|vorname|nachname|prenom|apellid|cognome|sobrenome|nombre|(^|_)(sei|mei|shimei|onamae|namae)($|_)|(^|_)kana($|_)|imie|nazwisko/,
  ],
  [
    'address',
    /(^|_)addr(ess)?(_?(line)?_?\d)?($|_)|street|strasse|adresse|direccion|indirizzo|endereco|(^|_)rue($|_)|jusho|ulica|(^|_)zip|postal|post_?code|(^|_)plz($|_)|(^|_)cep($|_)|house_?n/,
  ],
  ['date of birth', /birth|(^|_)dob($|_)|geburt|naissance|nacimiento|nascita|nascimento|seinengappi/],
  ['bank account', /iban|(^|_)bic($|_)|account_?(no|nr|num)|kontonummer|bank_?account|routing_?n|sort_?code/],
  ['payment card', /(credit|debit|payment)?_?card_?(no|nr|num)|(^|_)(pan|cvv|cvc)($|_)|kreditkarte/],
  [
    'identity number',
    /(^|_)ssn($|_)|social_?sec|passport|national_?id|tax_?(id|n)|steuer_?(id|n)|(^|_)(nif|nie|dni|cpf|cnpj|pesel|bsn|nhs|curp)($|_)|my_?number|driver_?licen|ausweis|id_?card/,
  ],
  ['network address', /(^|_)ip(v[46])?(_?addr(ess)?)?($|_)|remote_?(addr|host|ip)|last_?sign_?in_?ip/],
  [
    'secret',
    /passw(or)?d|passwort|mot_?de_?passe|contrasena|(^|_)(token|otp|secret|salt|api_?key)($|_)|encrypted_|_digest$/,
  ],
  ['place', /(^|_)(lat|lng|lon|latitude|longitude|geo_?location)($|_)/],
  ['health or faith', /diagnos|religion|ethnic|blood_?type|disabilit/],
];

const mail = /[\p{L}\p{N}._%+-]+@[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/u;
const phone = /^\s*(\+|00|\(?0)[\d\s()/.-]{6,20}\s*$/;
const address4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
const address6 = /^(?=.*:.*:)[0-9a-f:]{6,39}$/i;
const street =
  /\p{L}{3,}\.?\s+(street|st|road|rd|avenue|ave|lane|ln|drive|dr|boulevard|blvd)\b|\b\d+\s+\p{L}+\s+(street|st|road|rd|avenue|ave|lane|ln|drive)\b|\p{L}(straße|strasse|str\.|weg|platz|gasse|allee)\s*\d|\b(rue|avenue|via|calle|rua|ulica|ul\.)\s+\p{L}/iu;
/** Two or three words that each begin as a name does. */
const fullName = /^(\p{Lu}[\p{Ll}'’-]+)(\s+\p{Lu}\.?)?\s+(\p{Lu}[\p{L}'’-]+)$/u;

/** First names that a great many people have. */
const firstNames = new Set(
  'james john robert michael william david richard joseph thomas charles mary patricia jennifer linda elizabeth barbara susan jessica sarah karen anna maria peter paul andreas stefan michael thomas christian markus sabine petra monika ursula claudia julia laura lena jean pierre michel marie nathalie isabelle sophie camille nicolas julien antonio jose manuel francisco carmen ana isabel carlos luis javier giuseppe giovanni francesco andrea marco giulia francesca chiara joao pedro paulo lucas jan pieter hans kees piotr krzysztof katarzyna anna ivan alexander dmitri sergei olga elena natalia hiroshi takashi kenji yuki sakura haruto yui wei ming li mohammed ahmed ali fatima omar priya rahul amit daniel matthew anthony mark steven kevin emily emma olivia noah liam lucas mia sofia martin eva tomas pavel lars erik anders ingrid karin'.split(
    ' ',
  ),
);

const isName = (text: string): boolean => {
  const first = fullName.exec(text.trim())?.[1] ?? (/^\p{Lu}\p{Ll}+$/u.test(text.trim()) ? text.trim() : undefined);
  return first !== undefined && firstNames.has(plain(first));
};

const plain = (text: string): string => text.toLowerCase().normalize('NFD').replaceAll(/\p{M}/gu, '');

/** Numbers in which the last digits prove the rest (ISO 13616). */
function isIban(text: string): boolean {
  const packed = text.replaceAll(' ', '').toUpperCase();
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/.test(packed)) return false;
  const digits = [...packed.slice(4), ...packed.slice(0, 4)].map((letter) => Number.parseInt(letter, 36)).join('');
  return BigInt(digits) % 97n === 1n;
}

function isCard(text: string): boolean {
  const digits = text.replaceAll(/[ -]/g, '');
  if (!/^[3-6]\d{12,18}$/.test(digits)) return false;
  const sum = [...digits].reverse().reduce((all, digit, index) => {
    const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
    return all + (value > 9 ? value - 9 : value);
  }, 0);
  return sum % 10 === 0;
}

const tests: readonly (readonly [string, (text: string) => boolean, number])[] = [
  ['mail addresses', (text) => mail.test(text), 0.02],
  ['IBANs', isIban, 0.02],
  ['numbers of payment cards', isCard, 0.3],
  ['network addresses', (text) => address4.test(text) || address6.test(text), 0.2],
  ['phone numbers', (text) => phone.test(text) && text.replaceAll(/\D/g, '').length >= 7, 0.2],
  ['addresses', (text) => street.test(text), 0.2],
  ['names of people', isName, 0.15],
];

/** Tables of people: what is just called a name there is one of a person. */
const ofPeople =
  /(^|_)(users?|customers?|clients?|members?|persons?|people|employees?|contacts?|patients?|students?|teachers?|guests?|subscribers?|recipients?|authors?|participants?|profiles?|leads?|kunden?|benutzer|mitarbeiter|personen|clientes?|utilisateurs?|usuarios?|utenti|utente)$/;
const snakeOf = (name: string): string => plain(name.replaceAll(/([a-z\d])([A-Z])/g, '$1_$2'));

/** What a column seems to hold, by its name and that of its table; `undefined`: they tell nothing. */
export function personalByName(column: string, table: string): string | undefined {
  const snake = snakeOf(column);
  if (/^(name|login)$/.test(snake) && ofPeople.test(snakeOf(table))) return 'name';
  return names.find(([, pattern]) => pattern.test(snake))?.[0];
}

/** What its values seem to be; a few among many are enough for what is easily told. */
export function personalByValues(values: readonly string[]): string | undefined {
  const filled = values.filter((value) => value.trim() !== '');
  if (filled.length === 0) return undefined;
  return tests.find(([, test, share]) => {
    const hits = filled.filter(test).length;
    return hits > 0 && hits / filled.length >= share;
  })?.[0];
}
