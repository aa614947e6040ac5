// Scenario 11: unregistering before the collection, after it, and not at all.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { exposeGc } from './expose-gc.ts';

export const scenario = defineScenario({
  id: 'unregister',
  fileName: 'unregister.ts',
  title: 'Unregister in time',
  category: 'Basics',
  stage: 'first-steps',
  summary: 'Take registrations back: before the collection, after it but before the callback, and not at all.',
  theory: `register() takes a third argument: a token by which the registration can be taken back. Whoever has cleaned up by hand calls unregister(token), and the callback will not come a second time for the same thing.

It works until the callback has started, even when the object was collected already and its callback is only waiting for the thread. The answer is true if anything was removed.

The token is held weakly, like the object. If the program loses it, nothing breaks: the registration stays, its callback comes, and only unregistering is not possible any more. The object itself is the usual token, since whoever disposes of it has it at hand.`,
  references: [
    {
      title: 'MDN: FinalizationRegistry.prototype.unregister()',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/FinalizationRegistry/unregister',
    },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'Three groups of lifelines. Two end in “unregistered”, one of them after the major GC that the program forces; only those whose token was dropped have callbacks.',
  prediction:
    'Unregistered before the collection, and after it but before the callback: true both times, and no callback. Token dropped: the callback runs.',
  question: {
    text: 'What becomes of the objects that are unregistered after they were collected, and before their callbacks?',
    about: ({ label }) => label?.startsWith('after the GC') === true,
    expected: () => 'never',
  },
  parameters: [
    {
      kind: 'integer',
      name: 'objects',
      title: 'Objects',
      help: 'How many objects each group registers.',
      unit: '',
      default: 3,
      minimum: 1,
      maximum: 500,
    },
  ],
  defaultGcPolicy: { kind: 'none', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

const registry = new FinalizationRegistry<string>((label) => {
  console.log(`Clean up: ${label}`);
});

/** Registers an object that nothing else refers to. @returns a token that the program keeps for it */
function createObject(label: string): object {
  const token = {};
  registry.register({ label }, label, token);
  return token;
}

function createGroup(name: string, count: number): object[] {
  return Array.from({ length: count }, (_, index) => createObject(`${name} #${index + 1}`));
}

function unregisterAll(name: string, tokens: readonly object[]) {
  const removed = tokens.filter((token) => registry.unregister(token)).length;
  console.log(`${name}: unregister() returned true ${removed} times of ${tokens.length}`);
}

async function run(context: ScenarioContext) {
  const count = Number(context.parameters['objects']);
  const gc = exposeGc();

  unregisterAll('before the GC', createGroup('before the GC', count));

  createGroup('token dropped', count);
  const tokens = createGroup('after the GC', count);
  for (let number = 1; number <= count; number++) {
    context.release(`token dropped #${number}`);
    context.release(`after the GC #${number}`);
  }
  // In one task: the objects are collected here, and their callbacks can only start after it.
  performance.mark('collect, then unregister');
  gc({ type: 'major' });
  unregisterAll('after the GC', tokens);

  await sleep(100);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const lines = facts.standardOutput.split(/\r?\n/);
  const check = (group: string, expectation: string, verdict: 'unregistered' | 'finalized'): PredictionCheck => {
    const own = objects.filter(({ label }) => label?.startsWith(`${group} #`) === true);
    const found = own.filter((object) => object.verdict === verdict).length;
    const line = lines.find((text) => text.startsWith(`${group}: unregister()`));
    const isAnswered = verdict === 'finalized' || line?.endsWith(`true ${count} times of ${count}`) === true;
    return {
      expectation,
      observed: `${own.length} registered, ${found} ${verdict}${line === undefined ? '' : `; ${line}`}`,
      held: own.length === count && found === count && isAnswered,
    };
  };
  return [
    check('before the GC', 'Unregistered before the collection: true, and no callback', 'unregistered'),
    check('after the GC', 'Unregistered after it, before the callback: true, and no callback', 'unregistered'),
    check('token dropped', 'Token dropped: the callbacks run', 'finalized'),
  ];
}
