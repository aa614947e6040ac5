// Scenario 24: letting go of one root lets go of everything that only the root reached.
// The program runs in the observed process; the session reads the description and judges the prediction.

import { setTimeout as sleep } from 'node:timers/promises';
import { defineScenario, type PredictionCheck, type PredictionFacts, type ScenarioContext } from './define-scenario.ts';
import { countOf, endingByCollections, expectCallbacks, expectCompletion } from './expectations.ts';
import { expectedCollections } from './expected-collections.ts';

export const scenario = defineScenario({
  id: 'object-graph',
  fileName: 'object-graph.ts',
  title: 'An object graph and its root',
  category: 'Basics',
  stage: 'first-steps',
  summary: 'Ten thousand nodes that refer to each other, and one variable that refers to their root.',
  theory: `An object lives as long as it can be reached: from a global or module variable, from the stack, or from another object that can be reached. Nobody counts references. So it takes one reference, that to the root, to keep a whole document alive, and it takes only the loss of that one to let all of it go.

Cycles make no difference. Every node here knows its parent and the parent knows its children; once nothing from outside leads in, they keep each other alive no longer.

One major collection finds the loss of them all, and the registry then calls back for all of them in one task. Whatever each callback does, ten thousand of them do it without a pause: keep callbacks short.`,
  references: [
    {
      title: 'MDN: Memory management',
      url: 'https://developer.mozilla.org/en-US/docs/Web/JavaScript/Guide/Memory_management',
    },
    { title: 'V8: Trash talk, the Orinoco garbage collector', url: 'https://v8.dev/blog/trash-talk' },
    { title: 'TC39: WeakRefs and FinalizationRegistry', url: 'https://github.com/tc39/proposal-weakrefs' },
  ],
  lookFor:
    'While the document is open, major GCs pass over thousands of lifelines and end none. The first one after “phase: closed” ends all of them, and their callbacks stand in one column.',
  prediction:
    'No callback runs while the root is referred to, whoever collects. After that, with forced major GCs or memory pressure every callback runs, with forced major GCs all in one task; with natural or forced minor GCs only none does. The program comes to its end.',
  question: { text: 'What becomes of the nodes once the root is let go of?', expected: endingByCollections },
  parameters: [
    {
      kind: 'integer',
      name: 'nodes',
      title: 'Nodes',
      help: 'How many nodes the document has below its root. Many more would make V8 collect by itself.',
      unit: '',
      default: 10_000,
      minimum: 1,
      maximum: 10_000,
    },
    {
      kind: 'integer',
      name: 'openMs',
      title: 'Time open',
      help: 'How long the root is referred to.',
      unit: 'ms',
      default: 800,
      minimum: 0,
      // The nodes have no marks of their own that let go of them, so after a longer time their callbacks would count as late.
      maximum: 1_000,
    },
  ],
  defaultGcPolicy: { kind: 'major', intervalMs: 500 },
  defaultLimits: { settleMs: 1_000, timeoutMs: 30_000 },
  run,
  predict,
});

// ── The program ─────────────────────────────────────────────────────────────────────────────────────────────────────

let releasedInThisTask = 0;

const registry = new FinalizationRegistry<string>(() => {
  releasedInThisTask++;
  // The first callback of a task asks for the count after it. The others only count.
  if (releasedInThisTask === 1) setImmediate(reportTask);
});

function reportTask() {
  console.log(`Released in one task: ${releasedInThisTask}`);
  releasedInThisTask = 0;
}

class DocumentNode {
  readonly parent: DocumentNode | undefined;
  readonly children: DocumentNode[] = [];

  constructor(label: string, parent?: DocumentNode) {
    this.parent = parent;
    parent?.children.push(this);
    registry.register(this, label);
  }
}

const PARAGRAPHS_PER_SECTION = 99;

/** Sections with paragraphs in them: two levels below the root. */
function createDocument(nodes: number): DocumentNode {
  const root = new DocumentNode('root');
  let section = root;
  for (let number = 1; number <= nodes; number++) {
    const isSection = (number - 1) % (PARAGRAPHS_PER_SECTION + 1) === 0;
    const node = new DocumentNode(`node #${number}`, isSection ? root : section);
    if (isSection) section = node;
  }
  return root;
}

/** The one reference from outside. */
let openDocument: DocumentNode | undefined;

async function run(context: ScenarioContext) {
  performance.mark('phase: open');
  openDocument = createDocument(Number(context.parameters['nodes']));
  await sleep(Number(context.parameters['openMs']));
  console.log(`Closing a document of ${openDocument.children.length} sections`);
  // Before the assignment: V8 may collect from here on.
  performance.mark('phase: closed');
  openDocument = undefined;
  context.release('root');
}

// ── The prediction ──────────────────────────────────────────────────────────────────────────────────────────────────

function predict(facts: PredictionFacts): PredictionCheck[] {
  const count = Number(facts.parameters['nodes']) + 1;
  const objects = [...facts.objects];
  const closedAtMs = facts.marks.find(({ kind, name }) => kind === 'user-mark' && name === 'phase: closed')?.atMs;
  const early = objects.filter(
    ({ callbackStartedAtMs }) => callbackStartedAtMs !== undefined && callbackStartedAtMs < (closedAtMs ?? Infinity),
  ).length;
  const printed = [...facts.standardOutput.matchAll(/^Released in one task: (\d+)\r?$/gm)].map(([, digits]) =>
    Number(digits),
  );
  const released = printed.reduce((sum, number) => sum + number, 0);
  const checks: PredictionCheck[] = [
    {
      expectation: 'No callback runs while the root is referred to',
      observed: `${early} before the document was closed`,
      held: closedAtMs !== undefined && early === 0,
    },
    expectCallbacks(facts, { name: 'Root and nodes', count, objects }),
    expectCompletion(facts),
  ];
  // V8’s own major GCs mark in small steps, and what they had marked before the root went waits for the next one.
  if (expectedCollections(facts) === 'certain' && facts.gcPolicy.kind === 'major') {
    checks.push({
      expectation: 'All callbacks run in one task',
      observed: `${printed.length} tasks, ${released} callbacks counted`,
      held: printed.length === 1 && released === count,
    });
  } else {
    checks.push({
      expectation: 'Callbacks run in at most a task for each major GC',
      observed: `${printed.length} tasks, ${released} callbacks counted, ${facts.report.gc.major} major GCs`,
      held: printed.length <= facts.report.gc.major && released === countOf(objects, 'finalized'),
    });
  }
  return checks;
}
