// A small shop. One order in ten is refused, and the session of a refused order is never let go. Find out why.

import { EventEmitter } from 'node:events';
import { createServer } from 'node:http';

/** Tells open sessions when an article's stock changes. */
const stockChanges = new EventEmitter().setMaxListeners(0);
const stock = new Map([
  ['lamp', 100_000],
  ['chair', 100_000],
  ['table', 100_000],
]);

class OrderRefused extends Error {}

class Session {
  warnings = [];
  constructor(id, order) {
    this.id = id;
    this.order = order;
    this.onStockChange = (article, left) => {
      if (this.order.article === article && left < 10) this.warnings.push(`Only ${left} left.`);
    };
    stockChanges.on('change', this.onStockChange);
  }
  close() {
    stockChanges.off('change', this.onStockChange);
  }
}

let opened = 0;
let collected = 0;
const sessionRegistry = new FinalizationRegistry(() => (collected += 1));

function placeOrder(order) {
  const session = new Session((opened += 1), order);
  sessionRegistry.register(session, `session ${session.id}`);
  const left = stock.get(order.article);
  if (left === undefined) throw new OrderRefused(`There is no article "${order.article}".`);
  stock.set(order.article, left - 1);
  stockChanges.emit('change', order.article, left - 1);
  const answer = { session: session.id, article: order.article, warnings: session.warnings };
  session.close();
  return answer;
}

async function readJson(request) {
  let text = '';
  for await (const chunk of request) text += chunk;
  return JSON.parse(text);
}

async function answer(request) {
  if (request.method === 'POST' && request.url === '/orders') return placeOrder(await readJson(request));
  return { opened, collected, listeners: stockChanges.listenerCount('change') };
}

const server = createServer(async (request, response) => {
  try {
    response.end(JSON.stringify(await answer(request)));
  } catch (error) {
    response.statusCode = error instanceof OrderRefused || error instanceof SyntaxError ? 400 : 500;
    response.end(JSON.stringify({ error: error.message }));
  }
});

server.listen(Number(process.env.PORT ?? 8317), '127.0.0.1', () => {
  console.log(`The shop is open at http://127.0.0.1:${server.address().port}`);
});
