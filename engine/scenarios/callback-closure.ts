// Scenario 7: a cleanup callback whose closure reaches the object that it waits for.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCause, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'callback-closure',
  fileName: 'callback-closure.ts',
  title: 'Callback captures its target',
  category: 'Pitfalls',
  stage: 'pitfalls',
  summary: 'A registry made where the object is at hand, so that its callback can use the object’s fields.',
  theory: `A registry keeps its cleanup callback, and a function keeps the variables that it uses. Make the registry inside the function that also makes the object, mention the object in the callback, and the circle is closed: registry, callback, closure, object. As long as the registry lives, the object does, and the callback that waits for its end never runs.

Nothing warns. The held value is innocent, the code reads well, and the object is reached by a variable that nobody thinks of as a reference.

It also happens without a mention: closures made in the same function share one context in V8, so that a variable another closure uses is kept as well.

The remedy: one registry in module scope, whose callback knows only its held value.`,
  references: [
    { title: 'unjs/capnp-es #60', url: 'https://github.com/unjs/capnp-es/issues/60' },
    {
      title: 'MDN: FinalizationRegistry',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry',
    },
  ],
  lookFor:
    'The lifelines of the buffers. Broken, they run on to the end, and the path in the inspector leads from the registry over its callback; fixed, the next major GC ends them.',
  prediction:
    'Broken: no callback ever, all buffers stay alive, kept by the cleanup callback. Fixed: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does.',
  question: {
    text: 'What becomes of the native buffers when nobody uses them any more?',
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'What the cleanup callback refers to.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: the buffer, by its closure' },
        { value: 'fixed', title: 'Fixed: its held value alone' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Buffers',
      help: 'How many buffers are made and let go of.',
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

/** Stands for memory of a native library, which nobody frees unless it is told to. */
const allocated = new Set<number>();

class NativeBuffer {
  readonly address: number;

  constructor(address: number) {
    this.address = address;
    allocated.add(address);
  }
}

function free(address: number) {
  allocated.delete(address);
  console.log(`freed ${address}`);
}

/** Every registry that must outlive its object, as a library keeps them in a list. */
const registries: FinalizationRegistry<string>[] = [];

function makeBroken(label: string, address: number) {
  const buffer = new NativeBuffer(address);
  // registry → callback → closure → buffer: the one that waits is the one that keeps.
  const registry = new FinalizationRegistry<string>(() => free(buffer.address));
  registry.register(buffer, label);
  registries.push(registry);
}

const addressOf = new Map<string, number>();
const registry = new FinalizationRegistry<string>((label) => free(addressOf.get(label) ?? -1));

function makeFixed(label: string, address: number) {
  const buffer = new NativeBuffer(address);
  addressOf.set(label, address);
  registry.register(buffer, label);
}

function run(context: ScenarioContext) {
  const make = context.parameters['variant'] === 'fixed' ? makeFixed : makeBroken;
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    make(`Buffer ${number}`, 0x1000 * number);
    context.release(`Buffer ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const buffers = { name: 'Buffers', count, objects: [...facts.objects] };
  if (facts.parameters['variant'] === 'fixed') return [expectCallbacks(facts, buffers)];
  return [
    expectVerdict('alive', `all ${count} stay alive, whoever collects`, buffers),
    ...expectCause(facts, 'cleanup-callback', buffers),
  ];
}
