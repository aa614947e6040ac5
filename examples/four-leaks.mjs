// Twenty visits to a shop. Each visitor gets a session, and most sessions go when the visit is over. Four habits keep the
// others: run this in Heapline with a major GC every 500 ms, and ask why.

import { EventEmitter } from 'node:events';

const prices = new EventEmitter();
const carts = new Map();
const farewells = [];

const sessions = new FinalizationRegistry((heldValue) => {
  console.log(`session of ${heldValue.visitor ?? heldValue} is gone`);
});

class Session {
  constructor(visitor) {
    this.visitor = visitor;
    this.pages = Array.from({ length: 500 }, (_, page) => `page ${page} for ${visitor}`);
  }
}

function visit(number) {
  const visitor = `visitor ${number}`;
  const session = new Session(visitor);
  switch (number % 10) {
    case 0:
      // A cart that is never checked out stays in the Map.
      sessions.register(session, visitor);
      carts.set(visitor, session);
      break;
    case 3:
      // Whoever wants to hear of prices hears of them forever.
      sessions.register(session, visitor);
      prices.on('change', function showPrice(price) {
        session.pages.push(`now ${price}`);
      });
      break;
    case 6: {
      // The farewell needs a name, but shares its scope with a function that needs the session.
      sessions.register(session, visitor);
      const greet = () => session.visitor;
      farewells.push(() => `goodbye, ${visitor}`);
      greet();
      break;
    }
    case 9:
      // A held value must not reach what it is registered for.
      sessions.register(session, { visitor, session });
      break;
    default:
      sessions.register(session, visitor);
      break;
  }
}

for (let number = 1; number <= 20; number += 1) {
  visit(number);
  await new Promise((resolve) => setTimeout(resolve, 120));
}
prices.emit('change', 42);
console.log(`${carts.size} carts, ${farewells.length} farewells`);
