/** The application behind every gateway that is measured: 1 KB, 1 MB, and a WebSocket that echoes. Says its port to the parent. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

const bodies: Readonly<Record<string, Buffer>> = { '/1k': Buffer.alloc(1 << 10, 97), '/1m': Buffer.alloc(1 << 20, 97) };
const server = createServer((request, response) => {
  const body = bodies[request.url ?? ''] ?? Buffer.alloc(0);
  response.writeHead(200, ['Content-Type', 'text/plain', 'Content-Length', String(body.length)]);
  response.end(body);
});
new WebSocketServer({ server, perMessageDeflate: false }).on('connection', (socket) =>
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })),
);
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('disconnect', () => process.exit());
