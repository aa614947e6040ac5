// Scenario 5: a held value that reaches its own target keeps it alive for ever.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCause, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'held-value',
  fileName: 'held-value.ts',
  title: 'Held value reaches its target',
  category: 'Pitfalls',
  stage: 'pitfalls',
  summary: 'A held value that refers to the registered object, beside one that is only an id.',
  theory: `A registry keeps each held value strongly until the callback has run, since the callback is going to need it. If the held value leads back to the object, over however many properties, then the registry itself keeps the object alive. It is never collected, the callback never runs, and both stay in memory for as long as the registry does.

The language catches only the plainest case: passing the object itself as its held value throws a TypeError. One property in between, such as { owner: session }, passes in silence.

The remedy: hold what the cleanup needs and nothing more. An id, a path or a file descriptor is enough to find what must be cleaned up.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry.prototype.register()',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry/register',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Two groups of lifelines. Those of the fixed half end at a major GC with a callback; those of the broken half run on to the end, however many major GCs pass over them.',
  prediction:
    'Broken: no callback ever, all objects stay alive. Fixed: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does.',
  question: {
    text: 'What becomes of the sessions? (Where both halves run: of the broken ones.)',
    about: (object, { variant }) => variant === 'fixed' || !isFixed(object),
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Which half of the pair runs.',
      default: 'both',
      options: [
        { value: 'both', title: 'Both, side by side' },
        { value: 'broken', title: 'Broken: held value refers to the object' },
        { value: 'fixed', title: 'Fixed: held value is an id' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many sessions each half creates and lets go of.',
      unit: '',
      default: 5,
      minimum: 1,
      maximum: 1_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_500, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

/** Two classes with the same content, so that a heap snapshot tells the halves apart. */
class BrokenSession {
  readonly messages = new Array<string>(100).fill('hello');
}
class FixedSession {
  readonly messages = new Array<string>(100).fill('hello');
}

const brokenRegistry = new FinalizationRegistry<{ owner: BrokenSession }>(() => {
  console.log('broken: cleaned up, which cannot happen');
});

const fixedRegistry = new FinalizationRegistry<string>((sessionId) => {
  console.log(`fixed: cleaned up ${sessionId}`);
});

function openBrokenSession() {
  const session = new BrokenSession();
  // registry → held value → .owner → session: the registry keeps alive what it waits to see collected.
  brokenRegistry.register(session, { owner: session });
}

function openFixedSession(number: number) {
  const session = new FixedSession();
  fixedRegistry.register(session, `fixed session #${number}`);
}

function run(context: ScenarioContext) {
  const { parameters } = context;
  const objects = Number(parameters['objects']);
  if (parameters['variant'] !== 'fixed') {
    for (let number = 1; number <= objects; number++) openBrokenSession();
  }
  if (parameters['variant'] !== 'broken') {
    for (let number = 1; number <= objects; number++) {
      openFixedSession(number);
      context.release(`fixed session #${number}`);
    }
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

// Held values that are objects give no label, so the broken half is what is not labelled as fixed.
function isFixed({ label }: { label: string | null }): boolean {
  return label?.startsWith('fixed session') === true;
}

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const variant = facts.parameters['variant'];
  const objects = [...facts.objects];
  const checks: PredictionCheck[] = [];
  if (variant !== 'fixed') {
    const broken = { name: 'Broken', count, objects: objects.filter((object) => !isFixed(object)) };
    checks.push(expectVerdict('alive', `all ${count} objects stay alive, whoever collects`, broken));
    checks.push(...expectCause(facts, 'held-value', broken));
  }
  if (variant !== 'broken') {
    checks.push(expectCallbacks(facts, { name: 'Fixed', count, objects: objects.filter(isFixed) }));
  }
  return checks;
}
