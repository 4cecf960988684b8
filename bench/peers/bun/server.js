// Bun as a peer. Its WebSocket server is uWebSockets: the sockets, the handshakes and the fan-out (publish to a topic) are C++;
// JavaScript only splits the pushed lines.
// bun server.js --port 18080 --push-port 18081 --backlog 16777216
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '18080' },
    'push-port': { type: 'string', default: '18081' },
    backlog: { type: 'string', default: `${16 << 20}` },
  },
});
const topic = 'all';

const server = Bun.serve({
  hostname: '127.0.0.1',
  port: Number(values.port),
  fetch: (request, server) => server.upgrade(request) ? undefined : new Response(null, { status: 426 }),
  websocket: {
    perMessageDeflate: false,
    idleTimeout: 120,
    backpressureLimit: Number(values.backlog),
    closeOnBackpressureLimit: true,
    open: socket => socket.subscribe(topic),
    message: () => {},
  },
});

const text = new TextDecoder();

Bun.listen({
  hostname: '127.0.0.1',
  port: Number(values['push-port']),
  socket: {
    open: socket => { socket.data = { rest: Buffer.alloc(0), unsent: '' }; },
    data: (socket, chunk) => {
      const bytes = socket.data.rest.length > 0 ? Buffer.concat([socket.data.rest, chunk]) : chunk;
      let from = 0, lines = 0;
      // As text: bytes would go out as binary messages.
      for (let end; (end = bytes.indexOf(10, from)) >= 0; from = end + 1, lines++) server.publish(topic, text.decode(bytes.subarray(from, end)));
      socket.data.rest = Buffer.from(bytes.subarray(from));
      answer(socket, 'ok\n'.repeat(lines));
    },
    drain: socket => answer(socket, ''),
  },
});

/** A socket takes what fits; the rest waits for its drain. */
function answer(socket, lines) {
  const all = socket.data.unsent + lines;
  socket.data.unsent = all.length > 0 ? all.slice(socket.write(all)) : '';
}
