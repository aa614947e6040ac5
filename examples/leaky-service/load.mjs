// Customers of the shop: places orders one after the other, every tenth for an article that does not exist.
// Arguments: address (default http://127.0.0.1:8317), number of orders (default 200).

const [address = 'http://127.0.0.1:8317', count = '200'] = process.argv.slice(2);
const articles = ['lamp', 'chair', 'table'];
const answers = { placed: 0, refused: 0 };

for (let number = 1; number <= Number(count); number += 1) {
  const article = number % 10 === 0 ? 'unicorn' : articles[number % articles.length];
  const response = await fetch(`${address}/orders`, { method: 'POST', body: JSON.stringify({ article }) });
  await response.arrayBuffer();
  answers[response.ok ? 'placed' : 'refused'] += 1;
}
console.log(`${answers.placed} orders placed, ${answers.refused} refused`);
