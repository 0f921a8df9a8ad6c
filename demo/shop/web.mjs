import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { openDatabase } from './database.mjs';

const database = openDatabase();
const names = JSON.parse(readFileSync('public/names.json', 'utf8'));
const revision = process.env.WIZARD_REVISION ?? 'unknown';
const escapeHtml = (text) => String(text).replace(/[&<>"]/g, (one) => `&#${one.charCodeAt(0)};`);

const server = createServer((request, response) => {
  response.setHeader('X-Shop-Revision', revision);
  if (request.url === '/healthz') return response.end('ok\n');
  if (request.url === '/api/state') return json(response, state());
  if (request.url === '/orders' && request.method === 'POST') return order(request, response);
  if (request.url.startsWith('/assets/')) return asset(request, response);
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.end(page());
});

function state() {
  const count = (table, where = '1') => database.prepare(`SELECT count(*) AS n FROM ${table} WHERE ${where}`).get().n;
  return {
    revision,
    products: count('products'),
    orders: count('orders'),
    packed: count('orders', 'packed_at IS NOT NULL'),
  };
}

function order(request, response) {
  let body = '';
  request.on('data', (piece) => (body += piece));
  request.on('end', () => {
    const product = Number(new URLSearchParams(body).get('product'));
    database
      .prepare("INSERT INTO orders (product_id, customer, placed_at) VALUES (?, 'you', datetime('now'))")
      .run(product);
    response.writeHead(303, { location: '/' }).end();
  });
}

function asset(request, response) {
  const file = Object.values(names).find((name) => request.url === `/assets/${name}`);
  if (!file) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/css', 'cache-control': 'public, max-age=31536000, immutable' });
  response.end(readFileSync(`public/${file}`));
}

const json = (response, value) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value));

function page() {
  const products = database.prepare('SELECT * FROM products ORDER BY id LIMIT 12').all();
  const { products: all, orders, packed } = state();
  const cards = products.map(
    (
      product,
    ) => `<form method="post" action="/orders"><h2>${escapeHtml(product.name)}</h2><p>${(product.cents / 100).toFixed(2)} €</p>
      <button name="product" value="${product.id}">Order</button></form>`,
  );
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
    <title>Corner Shop</title><link rel="stylesheet" href="/assets/${names['shop.css']}">
    <header><h1>Corner Shop</h1><p>${all} products · ${orders} orders, ${packed} packed by the worker</p></header>
    <main>${cards.join('')}</main><footer>commit ${escapeHtml(revision.slice(0, 7))}</footer></html>`;
}

server.listen(Number(process.env.PORT), '127.0.0.1', () => console.log(`web listens on ${process.env.PORT}`));
process.on('SIGTERM', () => server.close(() => process.exit(0)));
