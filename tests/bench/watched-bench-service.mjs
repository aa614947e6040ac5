// The service of `npm run bench:watched`: answers requests and registers one object for each. Its parent asks it for its
// port, and for the processor time that it has used.
import { createServer } from 'node:http';

let finalized = 0;
let requests = 0;
const registry = new FinalizationRegistry(() => {
  finalized += 1;
});
const server = createServer((request, response) => {
  requests += 1;
  const context = { url: request.url, headers: request.headers, body: `request ${requests} of ${request.url}` };
  registry.register(context, requests);
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify({ ...context, finalized }));
});
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port }));
process.on('message', () => process.send({ requests, cpuMicroseconds: sum(process.cpuUsage()) }));
const sum = ({ user, system }) => user + system;
