// Scenario 8: a registry that is itself collected never calls back.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectVerdict } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'registry-dropped',
  fileName: 'registry-dropped.ts',
  title: 'The registry itself is dropped',
  category: 'Pitfalls',
  stage: 'pitfalls',
  summary: 'Registrations in a registry that is only a local variable, and in one that the module keeps.',
  theory: `A registry is an object like any other. When nothing refers to it, it is collected, and its registrations go with it: no callback runs, although their objects are collected too. The language promises callbacks only while the registry is there to make them.

It looks right in the code: a registry is made where it is needed, the object is registered, and both go out of scope together. Whether a callback came would depend on which of the two the collector reaches first, so engines let neither come.

The remedy: keep the registry for as long as its callbacks are wanted. A constant in module scope, or a static field of the class that it serves, does.`,
  references: [
    { title: 'tc39/proposal-weakrefs #66', url: 'https://github.com/tc39/proposal-weakrefs/issues/66' },
    {
      title: 'MDN: FinalizationRegistry',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
    },
  ],
  lookFor:
    'Broken, the lifelines end in “registry collected” at a major GC, without a callback. Fixed, the same major GC is followed by the callbacks.',
  prediction:
    'Broken: no callback, whoever collects; with forced major GCs or memory pressure the registries are collected. Fixed: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does.',
  question: {
    text: 'What becomes of the tickets that are registered and dropped?',
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Where the registry is kept.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: in a local variable' },
        { value: 'fixed', title: 'Fixed: in the module' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Tickets',
      help: 'How many tickets are registered and dropped.',
      unit: '',
      default: 5,
      minimum: 1,
      maximum: 500,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

class Ticket {
  readonly seat: string;

  constructor(seat: string) {
    this.seat = seat;
  }
}

const onTicketGone = (seat: string) => console.log(`${seat} is free again`);

function sellInLocalRegistry(seat: string) {
  // Out of reach when this function returns, and with it every callback that it would have made.
  const registry = new FinalizationRegistry<string>(onTicketGone);
  registry.register(new Ticket(seat), seat);
}

const moduleRegistry = new FinalizationRegistry<string>(onTicketGone);

function sellInModuleRegistry(seat: string) {
  moduleRegistry.register(new Ticket(seat), seat);
}

function run(context: ScenarioContext) {
  const sell = context.parameters['variant'] === 'fixed' ? sellInModuleRegistry : sellInLocalRegistry;
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    sell(`Seat ${number}`);
    context.release(`Seat ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const tickets = { name: 'Tickets', count, objects: [...facts.objects] };
  if (facts.parameters['variant'] === 'fixed') return [expectCallbacks(facts, tickets)];
  if (expectedCollections(facts) === 'certain') {
    return [expectVerdict('registry-collected', 'their registries are collected, and no callback runs', tickets)];
  }
  // Somebody may have collected the registries, or nobody did.
  const left = tickets.objects.filter(({ verdict }) => verdict === 'alive' || verdict === 'registry-collected').length;
  return [
    {
      expectation: 'Tickets: no callback runs, whoever collects',
      observed: `Tickets: ${tickets.objects.length} registered, ${left} not called back`,
      held: tickets.objects.length === count && left === count,
    },
  ];
}
