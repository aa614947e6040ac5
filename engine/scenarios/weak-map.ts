// Scenario 16: a value that refers to its own key, in a Map of WeakRefs and in a WeakMap.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCause, expectCompletion, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'weak-map',
  fileName: 'weak-map.ts',
  title: 'A value that refers to its key',
  category: 'Weak references',
  stage: 'hard-cases',
  summary: 'Data about an object that refers back to it, in a Map with WeakRefs as keys and in a WeakMap.',
  theory: `It is tempting to build a weak map by hand: a Map whose keys are WeakRefs, since that can be iterated. But only the key is weak there. The Map holds every value strongly, and as soon as a value refers to its key, the Map reaches the key through the value: neither is ever collected.

A WeakMap knows the two belong together. It keeps a value alive only while the key is reached from elsewhere; a path that leads through the value itself does not count. Such a pair is called an ephemeron, and nothing else in the language can express it.

The remedy: for data about an object use a WeakMap, or a private field of the object. If you must iterate, let no value lead back to its key.`,
  references: [
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
    {
      title: 'MDN: WeakMap',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Reference/Global_Objects/WeakMap',
    },
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
  ],
  lookFor:
    'The lifelines of the panels. Under the Map they run on past every major GC although all keys are weak; under the WeakMap the next one ends them.',
  prediction:
    'Broken: no callback ever, all panels stay alive, kept by the map’s entries. Fixed: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does. In both the program comes to its end.',
  question: {
    text: 'What becomes of the panels that only their layouts refer to?',
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Where the layouts are kept.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: a Map with WeakRefs as keys' },
        { value: 'fixed', title: 'Fixed: a WeakMap' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Panels',
      help: 'How many panels are opened and let go of.',
      unit: '',
      default: 5,
      minimum: 1,
      maximum: 1_000,
    },
  ],
  pair: { parameter: 'variant', broken: 'broken', fixed: 'fixed' },
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 20_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

class Panel {
  readonly title: string;

  constructor(title: string) {
    this.title = title;
    registry.register(this, title);
  }
}

/** What was measured of a panel. It refers to the panel, as most data about an object sooner or later does. */
class Layout {
  readonly panel: Panel;
  readonly width: number;

  constructor(panel: Panel) {
    this.panel = panel;
    this.width = 8 * panel.title.length;
  }
}

const registry = new FinalizationRegistry<string>((title) => {
  console.log(`${title}: collected`);
});

/** Map → layout → panel: the weak key is of no use. */
const layoutsByReference = new Map<WeakRef<Panel>, Layout>();

/** Layout → panel counts only while something else reaches the panel. */
const layoutsByPanel = new WeakMap<Panel, Layout>();

function openPanel(title: string, isFixed: boolean) {
  const panel = new Panel(title);
  if (isFixed) layoutsByPanel.set(panel, new Layout(panel));
  else layoutsByReference.set(new WeakRef(panel), new Layout(panel));
}

function run(context: ScenarioContext) {
  const isFixed = context.parameters['variant'] === 'fixed';
  for (let number = 1; number <= Number(context.parameters['objects']); number++) {
    openPanel(`Panel ${number}`, isFixed);
    context.release(`Panel ${number}`);
  }
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  if (facts.parameters['variant'] === 'fixed')
    return [expectCallbacks(facts, { name: 'WeakMap', count, objects }), expectCompletion(facts)];
  const broken = { name: 'Map of WeakRefs', count, objects };
  return [
    expectVerdict('alive', `all ${count} panels stay alive, whoever collects`, broken),
    ...expectCause(facts, 'map-entry', broken),
    expectCompletion(facts),
  ];
}
