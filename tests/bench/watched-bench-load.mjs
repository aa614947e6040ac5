// The load of `npm run bench:watched`, in a process of its own: keeps connections to a service busy for as long as it is told,
// one request at a time on each, and says how many were answered.
import { connect } from 'node:net';

const REQUEST = 'GET /orders/17 HTTP/1.1\r\nhost: bench\r\n\r\n';

/** @returns the number of answers, and in how many ms */
function load({ port, connections, forMs }) {
  return new Promise((resolve, reject) => {
    let answers = 0;
    let open = connections;
    const startedAtMs = performance.now();
    for (let count = 0; count < connections; count += 1) {
      const socket = connect(port, '127.0.0.1').setEncoding('latin1').setNoDelay();
      let text = '';
      socket.on('connect', () => socket.write(REQUEST));
      socket.on('data', (chunk) => {
        text += chunk;
        const head = text.indexOf('\r\n\r\n');
        if (head === -1) return;
        const [, length] = /content-length: (\d+)/i.exec(text) ?? [];
        if (text.length < head + 4 + Number(length)) return;
        text = '';
        answers += 1;
        if (performance.now() - startedAtMs < forMs) socket.write(REQUEST);
        else socket.destroy();
      });
      socket.on('error', reject);
      socket.on('close', () => {
        open -= 1;
        if (open === 0) resolve({ answers, tookMs: performance.now() - startedAtMs });
      });
    }
  });
}

process.on('message', (order) => void load(order).then((result) => process.send(result)));
