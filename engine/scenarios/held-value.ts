// Scenario 5: a held value that reaches its own target keeps it alive for ever.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'held-value',
  fileName: 'held-value.ts',
  title: 'Held value reaches its target',
  category: 'Pitfalls',
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

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const variant = facts.parameters['variant'];
  const objects = [...facts.objects];
  // Held values that are objects give no label, so the broken half is what is not labelled as fixed.
  const isFixed = ({ label }: { label: string | null }) => label?.startsWith('fixed session') === true;
  const broken = objects.filter((object) => !isFixed(object));
  const fixed = objects.filter(isFixed);
  const checks: PredictionCheck[] = [];
  if (variant !== 'fixed') {
    const alive = broken.filter(({ verdict }) => verdict === 'alive').length;
    checks.push({
      expectation: `Broken: all ${count} objects stay alive, whoever collects`,
      observed: `Broken: ${broken.length} registered, ${alive} alive`,
      held: broken.length === count && alive === count,
    });
  }
  if (variant !== 'broken') {
    const finalized = fixed.filter(({ verdict }) => verdict === 'finalized').length;
    const observed = `Fixed: ${fixed.length} registered, ${finalized} called back`;
    switch (expectedCollections(facts)) {
      case 'certain':
        checks.push({
          expectation: `Fixed: all ${count} callbacks run`,
          observed,
          held: fixed.length === count && finalized === count,
        });
        break;
      case 'none':
        checks.push({
          expectation: 'Fixed: no callback runs, since no major GC comes',
          observed,
          held: fixed.length === count && finalized === 0,
        });
        break;
      case 'possible':
        checks.push({
          expectation: `Fixed: between 0 and ${count} callbacks run`,
          observed,
          held: fixed.length === count,
        });
        break;
    }
  }
  return checks;
}
