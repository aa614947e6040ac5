// Scenario 20: a registry that holds the body of every response, in order to clean up after those who forgot it.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { countOf, expectCause, expectCompletion, expectVerdict } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'response-body',
  fileName: 'response-body.ts',
  title: 'A response body held for its cleanup',
  category: 'Leaks',
  stage: 'hard-cases',
  summary: 'An HTTP client registers each response, with its body as held value: strongly, or through a WeakRef.',
  theory: `An HTTP client wants to be helpful. If its user drops a response without reading it, the connection stays busy; so the client registers every response, and its callback cancels the body. For that, the held value refers to the body.

A registry keeps held values strongly until the callback has run. Where the body leads back to its response, over whatever private fields, that never happens: each response and all its bytes stay, also of those that were read to the end. Node’s own fetch() leaked like this in 2024.

The remedy that was chosen there: hold the body through a WeakRef. Either it is still alive when the callback comes, because something like a socket uses it, and can be canceled, or it is gone, and there is nothing to do.`,
  references: [
    { title: 'nodejs/undici#3445: memory leak in finalization', url: 'https://github.com/nodejs/undici/pull/3445' },
    {
      title: 'MDN: FinalizationRegistry.prototype.register()',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry/register',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'External memory, which holds the bytes. With strongly held bodies it climbs by each response and never falls. Lifelines of other labels belong to fetch() itself, which has such a registry inside.',
  prediction:
    'Broken: no callback ever, all responses stay alive, and external memory ends at nine tenths of their bytes or more. Fixed: with forced major GCs or memory pressure every callback runs, and with forced major GCs external memory ends below half of their bytes and 5 MB; with natural or forced minor GCs only any number, since V8 collects when so much external memory is used. In both the program comes to its end.',
  question: {
    text: 'What becomes of the responses that were read to the end?',
    about: isOurs,
    // Also without a forced GC: V8 collects when so much external memory is used.
    expected: ({ parameters }) => (parameters['variant'] === 'fixed' ? 'finalized' : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'How the registry holds the body of a response.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: strongly' },
        { value: 'fixed', title: 'Fixed: through a WeakRef' },
      ],
    },
    {
      kind: 'integer',
      name: 'responses',
      title: 'Responses',
      help: 'How many responses of 5 MB are fetched and read, one after the other.',
      unit: '',
      default: 10,
      minimum: 4,
      maximum: 40,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 60_000 },
  run,
  predict,
});

// ── The program: the client ─────────────────────────────────────────────────────────────────────────────────────────

/** What a caller gets. */
class ApiResponse {
  readonly url: string;
  readonly body: ApiBody;

  constructor(url: string, response: Response) {
    this.url = url;
    this.body = new ApiBody(this, response);
  }
}

/** Can be read more than once, so it keeps the bytes. It knows its response, for the messages of its errors. */
class ApiBody {
  readonly #owner: ApiResponse;
  readonly #response: Response;
  #bytes: ArrayBuffer | undefined;

  constructor(owner: ApiResponse, response: Response) {
    this.#owner = owner;
    this.#response = response;
  }

  async read(): Promise<ArrayBuffer> {
    if (!this.#response.ok) throw new Error(`${this.#owner.url}: ${this.#response.status}`);
    this.#bytes ??= await this.#response.arrayBuffer();
    return this.#bytes;
  }

  /** Frees the connection of a response that nobody has read. */
  cancel() {
    if (!this.#response.bodyUsed) void this.#response.body?.cancel();
  }
}

const strongRegistry = new FinalizationRegistry<{ url: string; body: ApiBody }>(({ body }) => body.cancel());
const weakRegistry = new FinalizationRegistry<{ url: string; body: WeakRef<ApiBody> }>(({ body }) => {
  body.deref()?.cancel();
});

async function get(origin: string, url: string, isFixed: boolean): Promise<ApiResponse> {
  const response = new ApiResponse(url, await fetch(origin + url));
  const { body } = response;
  if (isFixed) weakRegistry.register(response, { url, body: new WeakRef(body) });
  // Registry → held value → body → its response: the registry keeps what it waits to see collected.
  else strongRegistry.register(response, { url, body });
  return response;
}

// ── The program: its user ───────────────────────────────────────────────────────────────────────────────────────────

async function countBytes(origin: string, url: string, isFixed: boolean): Promise<number> {
  const response = await get(origin, url, isFixed);
  const bytes = await response.body.read();
  return bytes.byteLength;
}

async function run({ parameters }: ScenarioContext) {
  const server = await serveReports();
  try {
    let bytes = 0;
    for (let number = 1; number <= Number(parameters['responses']); number++) {
      performance.mark(`phase: response ${number}`);
      bytes += await countBytes(server.origin, `/report/${number}`, parameters['variant'] === 'fixed');
    }
    console.log(`Read ${bytes / 1e6} MB, and kept none of it`);
  } finally {
    server.close();
  }
}

// ── The server that the reports are fetched from ────────────────────────────────────────────────────────────────────

const REPORT_BYTES = 5_000_000;

async function serveReports() {
  const report = Buffer.alloc(REPORT_BYTES, 'all is well\n');
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': report.length }).end(report);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    /** Kept-alive connections are closed as well: they would keep the process from ending. */
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

/** The held value { url, body } gives the label. What fetch() registers for itself has others. */
function isOurs({ label }: { label: string | null }): boolean {
  return label?.startsWith('{ url: "/report/') === true;
}

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['responses']);
  const objects = [...facts.objects].filter(isOurs);
  const bytes = count * REPORT_BYTES;
  const { finalExternalBytes } = facts.report.heap;
  const isKnown = finalExternalBytes !== null;
  const observed = isKnown
    ? `External memory at the end: ${megabytes(finalExternalBytes)}`
    : 'External memory: not known';

  if (facts.parameters['variant'] !== 'fixed') {
    const responses = { name: 'Responses', count, objects };
    return [
      expectVerdict('alive', `all ${count} stay alive, whoever collects`, responses),
      ...expectCause(facts, 'held-value', responses),
      {
        expectation: `External memory ends at ${megabytes(0.9 * bytes)} or more`,
        observed,
        held: !isKnown || finalExternalBytes >= 0.9 * bytes,
      },
      expectCompletion(facts),
    ];
  }
  const finalized = countOf(objects, 'finalized');
  const isCertain = expectedCollections(facts) === 'certain';
  const checks: PredictionCheck[] = [
    {
      expectation: isCertain
        ? `Responses: all ${count} callbacks run`
        : `Responses: between 0 and ${count} callbacks run, as V8 decides`,
      observed: `Responses: ${objects.length} registered, ${finalized} called back`,
      held: objects.length === count && (!isCertain || finalized === count),
    },
    expectCompletion(facts),
  ];
  // Where V8 chooses the moment, buffers that fetch() used for the last response may wait for a GC after the run’s end.
  if (isCertain && facts.gcPolicy.kind === 'major') {
    checks.push({
      expectation: `External memory ends below ${megabytes(bytes / 2 + REPORT_BYTES)}`,
      observed,
      held: !isKnown || finalExternalBytes < bytes / 2 + REPORT_BYTES,
    });
  }
  return checks;
}
