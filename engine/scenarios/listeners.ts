// Scenario 17: an object that has subscribed to something long-lived lives as long as its subscription.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { EventEmitter } from 'node:events';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { endingByCollections, expectCallbacks, expectCause, expectCompletion, expectVerdict } from './expectations.ts';

export const scenario = defineScenario({
  id: 'listeners',
  fileName: 'listeners.ts',
  title: 'Forgotten listeners and intervals',
  category: 'Leaks',
  stage: 'everyday',
  summary: 'Views that listen to an event or refresh at an interval, and are closed with or without ending that.',
  theory: `An event emitter keeps its listeners, and a running interval keeps its callback. A callback that uses “this” keeps the object it belongs to. So a view that subscribes to something that lives longer than itself lives as long as that, though nobody shows it any more, and it goes on doing its work for nobody.

These are the most common leaks there are. Node warns when one event of an emitter has more than ten listeners, which is the same leak seen from the other side.

The remedy: whoever subscribes also ends it. Keep what ends a subscription where the object is closed, and call it there: removeListener(), clearInterval(), or an AbortController for many at once. After that, nothing reaches the object.`,
  references: [
    { title: 'V8: Weak references and finalizers', url: 'https://v8.dev/features/weak-references' },
    {
      title: 'Node.js: emitter.setMaxListeners()',
      url: 'https://nodejs.org/api/events.html#emittersetmaxlistenersn',
    },
    { title: 'Node.js: Timers', url: 'https://nodejs.org/api/timers.html' },
  ],
  lookFor:
    'The lifelines of the views after the marks that let go of them. With a subscription left behind they run on past every major GC; without it, the next one ends them.',
  prediction:
    'Broken: no callback ever, all views stay alive, kept by their listeners or timers. Fixed: with forced major GCs or memory pressure every callback runs; with natural or forced minor GCs only none does. In both the program comes to its end.',
  question: {
    text: 'What becomes of the views that the program has closed?',
    expected: (facts) => (facts.parameters['variant'] === 'fixed' ? endingByCollections(facts) : 'never'),
  },
  parameters: [
    {
      kind: 'choice',
      name: 'variant',
      title: 'Variant',
      help: 'Whether a view ends its subscription when it is closed.',
      default: 'broken',
      options: [
        { value: 'broken', title: 'Broken: still attached or running' },
        { value: 'fixed', title: 'Fixed: removed or cleared' },
      ],
    },
    {
      kind: 'choice',
      name: 'holder',
      title: 'Subscription',
      help: 'What calls the views, and so keeps them.',
      default: 'event-listener',
      options: [
        { value: 'event-listener', title: 'Listener of an event emitter' },
        { value: 'interval', title: 'Interval' },
      ],
    },
    {
      kind: 'integer',
      name: 'objects',
      title: 'Views',
      help: 'How many views are opened and closed. With more than ten listeners Node prints a warning.',
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

/** Lives as long as the program, as a store, a socket or the window does. */
const store = new EventEmitter();

const registry = new FinalizationRegistry<string>((label) => {
  console.log(`${label}: collected`);
});

/** Calls `update` from now on, until what it returns is called. */
type Subscribe = (update: () => void) => () => void;

const onChange: Subscribe = (update) => {
  store.on('change', update);
  return () => store.off('change', update);
};

const atInterval: Subscribe = (update) => {
  const timer = setInterval(update, 100);
  timer.unref(); // Refreshing a view is no reason for the process to stay.
  return () => clearInterval(timer);
};

class ChartView {
  updates = 0;
  readonly #unsubscribe: () => void;

  constructor(label: string, subscribe: Subscribe) {
    this.#unsubscribe = subscribe(() => this.update());
    registry.register(this, label);
  }

  update() {
    this.updates++;
  }

  close() {
    this.#unsubscribe();
  }
}

function showAndClose(label: string, subscribe: Subscribe, isFixed: boolean) {
  const view = new ChartView(label, subscribe);
  view.update();
  if (isFixed) view.close();
}

function run(context: ScenarioContext) {
  const { parameters } = context;
  const subscribe = parameters['holder'] === 'interval' ? atInterval : onChange;
  for (let number = 1; number <= Number(parameters['objects']); number++) {
    showAndClose(`View ${number}`, subscribe, parameters['variant'] === 'fixed');
    context.release(`View ${number}`);
  }
  store.emit('change');
  console.log(`Listeners of the store after all views were closed: ${store.listenerCount('change')}`);
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['objects']);
  const objects = [...facts.objects];
  const isInterval = facts.parameters['holder'] === 'interval';
  const group = { name: isInterval ? 'Views with an interval' : 'Views with a listener', count, objects };
  if (facts.parameters['variant'] === 'fixed') return [expectCallbacks(facts, group), expectCompletion(facts)];
  return [
    expectVerdict('alive', `all ${count} stay alive, whoever collects`, group),
    ...expectCause(facts, isInterval ? 'timer' : 'event-listener', group),
    expectCompletion(facts),
  ];
}
