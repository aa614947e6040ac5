// Scenario 6: the one mistake with held values that the language catches.
// The program runs in the observed process; the session reads the description and judges the prediction.

import type { Verdict } from '../protocol/vocabulary.ts';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks } from './expectations.ts';

export const scenario = defineScenario({
  id: 'held-value-is-target',
  fileName: 'held-value-is-target.ts',
  title: 'Held value is the target',
  category: 'Pitfalls',
  stage: 'pitfalls',
  summary: 'Three connections are registered, one of them with itself as its held value.',
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
    'Two lifelines for three connections: the registration of the second never came to be. Uncaught, the error ends the program at once, and the inspector names its line.',
  prediction:
    'register() throws a TypeError, and the second connection is not registered. Caught: the program goes on, and with forced major GCs or memory pressure both others are called back; with natural or forced minor GCs only none is. Uncaught: the program ends, and no callback runs.',
  question: {
    text: 'One connection of three is registered with itself as its held value. What becomes of the others?',
    expected: (facts) => (facts.parameters['handling'] === 'uncaught' ? 'dies' : endingByCollections(facts)),
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
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  close() {
    console.log(`${this.name} closed`);
  }
}

/** By name, what must be closed of each: all that a callback needs to know. */
const openSockets = new Set<string>();

const registry = new FinalizationRegistry<string | Connection>((held) => {
  if (typeof held === 'string') openSockets.delete(held);
  else held.close();
});

function connect(name: string) {
  const connection = new Connection(name);
  openSockets.add(name);
  registry.register(connection, name);
}

function connectForClose(name: string) {
  const connection = new Connection(name);
  openSockets.add(name);
  // So that the callback could call close(): this line throws.
  registry.register(connection, connection);
}

function run(context: ScenarioContext) {
  connect('Connection 1');
  context.release('Connection 1');

  if (context.parameters['handling'] === 'uncaught') {
    connectForClose('Connection 2');
  } else {
    try {
      connectForClose('Connection 2');
    } catch (error) {
      console.log(`register() threw ${String(error)}`);
    }
  }

  connect('Connection 3');
  context.release('Connection 3');
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

/** With a heap snapshot it can be told whether it was collected already, without one it cannot. */
const NOT_CALLED_BACK: readonly Verdict[] = ['alive', 'callback-pending', 'exited-first'];

function predict(facts: PredictionFacts): PredictionCheck[] {
  const { outcome } = facts.report;
  const objects = [...facts.objects];
  if (facts.parameters['handling'] === 'uncaught') {
    const names = objects.map(({ label }) => label ?? 'no name');
    const left = objects.filter(({ verdict }) => NOT_CALLED_BACK.includes(verdict)).length;
    return [
      {
        expectation: 'An uncaught TypeError ends the program',
        observed: `${outcome.status}, ${outcome.error?.name ?? 'no error'}`,
        held: outcome.status === 'threw' && outcome.error?.name === 'TypeError',
      },
      {
        expectation: 'Only the first connection is registered, and no callback runs',
        observed: `registered: ${names.join(', ') || 'none'}; ${left} of ${objects.length} not called back`,
        held: names.join() === 'Connection 1' && left === 1,
      },
    ];
  }
  const line =
    facts.standardOutput.split(/\r?\n/).find((text) => text.startsWith('register() threw')) ?? 'nothing printed';
  const names = objects.map(({ label }) => label ?? 'no name');
  return [
    { expectation: 'register() throws a TypeError', observed: line, held: line.includes('TypeError') },
    {
      expectation: 'The first and the third connection are registered, and the second is not',
      observed: `registered: ${names.join(', ') || 'none'}`,
      held: names.join() === 'Connection 1,Connection 3',
    },
    expectCallbacks(facts, { name: 'The other connections', count: 2, objects }),
    {
      expectation: 'The program goes on and ends as usual',
      observed: outcome.status,
      held: outcome.status === 'completed',
    },
  ];
}
