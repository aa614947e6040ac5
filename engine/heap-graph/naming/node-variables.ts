// Variables of Node's own modules that keep what a program hands to a public API. A path that comes to one of them begins
// there: how it came to Node's modules says nothing, since they live as long as the process.

import { NO_EDGE } from '../cheapest-paths.ts';
import { fileOf, type NamedStep } from './named-step.ts';

interface NodeVariable {
  /** What the variable has, as the documentation of Node calls it. */
  readonly edge: string;
  readonly expression?: string;
  /** The call that releases it; see NamedStep.fix. Absent: a later step of the path says more. */
  readonly fix?: string;
}

/** By `file variable`. */
const NODE_VARIABLES: ReadonlyMap<string, NodeVariable> = new Map([
  [
    'node:internal/perf/observe markEntryBuffer',
    {
      edge: 'entries of performance.mark()',
      fix: '`performance` keeps every mark with its `detail`: call `performance.clearMarks()` when they are no longer needed',
    },
  ],
  [
    'node:internal/perf/observe measureEntryBuffer',
    {
      edge: 'entries of performance.measure()',
      fix: '`performance` keeps every measure with its `detail`: call `performance.clearMeasures()` when they are no longer needed',
    },
  ],
  [
    'node:internal/perf/observe resourceTimingBuffer',
    {
      edge: 'resource timings of performance',
      fix: '`performance` keeps resource timings: call `performance.clearResourceTimings()` when they are no longer needed',
    },
  ],
  [
    'node:internal/perf/observe kObservers',
    {
      edge: 'PerformanceObservers',
      fix: 'A PerformanceObserver keeps its callback while it observes: call its `disconnect()` when it is no longer needed',
    },
  ],
  ...['stdin', 'stdout', 'stderr'].map((name): [string, NodeVariable] => [
    `node:internal/bootstrap/switches/is_main_thread ${name}`,
    { edge: `process.${name}`, expression: `process.${name}` },
  ]),
  ['node:diagnostics_channel channels', { edge: 'diagnostics channels' }],
  ['node:internal/fs/watchers statWatchers', { edge: 'files watched by fs.watchFile()' }],
  ['node:fs statWatchers', { edge: 'files watched by fs.watchFile()' }],
  ['node:internal/abort_controller gcPersistentSignals', { edge: 'signals with listeners' }],
  [
    'node:internal/async_hooks active_hooks',
    {
      edge: 'enabled async hooks',
      fix: 'An enabled async hook keeps its callbacks: call its `disable()` when it is no longer needed',
    },
  ],
  [
    'node:internal/process/execution exceptionHandlerState',
    {
      edge: 'uncaught exception callback',
      fix: 'Node keeps the callback that captures uncaught exceptions: call `process.setUncaughtExceptionCaptureCallback(null)` when it is no longer needed',
    },
  ],
]);

const nodeVariableOf = ({ owner, identifier }: NamedStep): NodeVariable | undefined =>
  owner === undefined ? undefined : NODE_VARIABLES.get(`${fileOf(owner)} ${identifier ?? ''}`);

const isOfNodeModule = ({ owner }: NamedStep): boolean => owner?.type === 'module' && fileOf(owner).startsWith('node:');

/** Drops the steps before the last variable of a module of Node, and names that variable by its API. */
export function beginAtNodeVariable(steps: readonly NamedStep[]): readonly NamedStep[] {
  const at = steps.findLastIndex(isOfNodeModule);
  const step = steps[at];
  if (step === undefined) return steps;
  const known = nodeVariableOf(step);
  const root: NamedStep = {
    hold: 'root',
    edge: '',
    node: 'Node.js',
    head: steps[at - 1]?.head ?? step.head,
    rawEdge: NO_EDGE,
    fanOut: 1,
  };
  const { expression: _expression, ...named } = step;
  const first: NamedStep =
    known === undefined
      ? { ...named, hold: 'part' }
      : { ...named, ...known, hold: known.fix === undefined ? 'part' : 'node-api' };
  return [root, first, ...steps.slice(at + 1).map(withoutExpression)];
}

/** Expressions that begin inside Node are nothing that a program could write. */
function withoutExpression(step: NamedStep): NamedStep {
  const { expression: _expression, ...others } = step;
  const isOwnVariable = step.owner !== undefined && !fileOf(step.owner).startsWith('node:');
  return isOwnVariable ? step : others;
}
