// Scenario 6: the one mistake with held values that the language catches.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';

export const scenario = defineScenario({
  id: 'held-value-is-target',
  fileName: 'held-value-is-target.ts',
  title: 'Held value is the target',
  category: 'Pitfalls',
  stage: 'pitfalls',
  summary: 'Register a connection with itself as the held value, so that the callback can close it.',
  theory: `It would be convenient: register an object with itself as the held value, and the callback receives the object that it is to clean up. But a callback runs after its object is gone, so it cannot be given that object. And a registry holds held values strongly: the object would keep itself alive.

So register() refuses: if target and held value are the same, it throws a TypeError, at once and in the caller’s own stack. Nothing is registered.

Be glad of the error. One property more, such as { connection }, and the same mistake passes in silence and leaks for ever.

The remedy: hold what the cleanup needs, such as a descriptor or an id, and nothing that leads to the object.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry.prototype.register()',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry/register',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Nothing appears among the lifelines: the registration never came to be. Uncaught, the error ends the program, and the inspector names its line.',
  prediction:
    'register() throws a TypeError and nothing is registered. Uncaught, it ends the program; caught, the program goes on and ends as usual.',
  question: {
    text: 'What becomes of the program whose register() call names the object twice?',
    expected: ({ parameters }) => (parameters['handling'] === 'uncaught' ? 'dies' : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'handling',
      title: 'The error',
      help: 'What the program does about it.',
      default: 'caught',
      options: [
        { value: 'caught', title: 'Caught and told' },
        { value: 'uncaught', title: 'Uncaught' },
      ],
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

class Connection {
  readonly descriptor: number;

  constructor(descriptor: number) {
    this.descriptor = descriptor;
  }

  close() {
    console.log(`closed ${this.descriptor}`);
  }
}

const registry = new FinalizationRegistry<Connection>((connection) => connection.close());

function connect(descriptor: number) {
  const connection = new Connection(descriptor);
  // The object itself as what its callback is given: this line throws.
  registry.register(connection, connection);
}

function run(context: ScenarioContext) {
  if (context.parameters['handling'] === 'uncaught') {
    connect(7);
    return;
  }
  try {
    connect(7);
  } catch (error) {
    console.log(`register() threw ${String(error)}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict({ report, parameters, objects, standardOutput }: PredictionFacts): PredictionCheck[] {
  const { outcome } = report;
  const registered = [...objects].length;
  const none = { expectation: 'Nothing is registered', observed: `${registered} registered`, held: registered === 0 };
  if (parameters['handling'] === 'uncaught') {
    return [
      {
        expectation: 'An uncaught TypeError ends the program',
        observed: `${outcome.status}, ${outcome.error?.name ?? 'no error'}`,
        held: outcome.status === 'threw' && outcome.error?.name === 'TypeError',
      },
      none,
    ];
  }
  const line = standardOutput.split(/\r?\n/).find((text) => text.startsWith('register() threw')) ?? 'nothing printed';
  return [
    { expectation: 'register() throws a TypeError', observed: line, held: line.includes('TypeError') },
    none,
    {
      expectation: 'The program goes on and ends as usual',
      observed: outcome.status,
      held: outcome.status === 'completed',
    },
  ];
}
