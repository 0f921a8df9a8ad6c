/** A dump as a staging database would give it: tables and a few thousand rows, the same every time. */
export const stagingProducts = 240;
export const stagingOrders = 3000;

const things = [
  'Tea',
  'Coffee',
  'Honey',
  'Bread',
  'Soap',
  'Candle',
  'Basket',
  'Notebook',
  'Apple',
  'Pear',
  'Walnut',
  'Jam',
];
const kinds = ['Morning', 'Evening', 'Garden', 'Harbour', 'Winter', 'Summer', 'Old Town', 'Forest', 'River', 'Market'];

export function stagingDump(): string {
  const products = Array.from({ length: stagingProducts }, (_, index) => {
    const name = `${kinds[index % kinds.length]} ${things[index % things.length]}`;
    return `(${index + 1}, '${name}', ${199 + ((index * 37) % 4000)})`;
  });
  const orders = Array.from(
    { length: stagingOrders },
    (_, index) => `(${index + 1}, ${(index % stagingProducts) + 1}, 'customer ${index % 500}', '2026-01-01')`,
  );
  return [
    'CREATE TABLE products (id INTEGER PRIMARY KEY, name TEXT NOT NULL, cents INTEGER NOT NULL);',
    'CREATE TABLE orders (id INTEGER PRIMARY KEY, product_id INTEGER NOT NULL REFERENCES products (id), customer TEXT NOT NULL, placed_at TEXT NOT NULL);',
    `INSERT INTO products VALUES ${products.join(',\n')};`,
    `INSERT INTO orders VALUES ${orders.join(',\n')};`,
    '',
  ].join('\n');
}
