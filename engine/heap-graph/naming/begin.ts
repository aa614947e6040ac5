// Names the root of a path: a module, a global, timers, or what V8 and Node hold from native code.

import { NO_EDGE } from '../cheapest-paths.ts';
import { K, W } from '../heap-words.ts';
import type { Place } from '../../protocol/explanation.ts';
import { fileOf, type NamedStep } from './named-step.ts';
import type { PathWalk } from './path-walk.ts';
import { shortFile } from './step-texts.ts';

/** Returns the first position to go on from. */
export function beginAtRoot(walk: PathWalk): number {
  const { index, nodes, naming } = walk;
  const root = nodes[0]!;
  switch (index.kind[root]) {
    case K.global:
      begin(walk, 'globalThis', { expression: 'globalThis' });
      return 0;
    case K.module:
      beginAtModule(walk, root);
      return 0;
    case K['commonjs-module']: {
      const file = index.textOf(root, W.filename) ?? '';
      begin(walk, `module ${shortFile(file)}`, beginningOf(file));
      return 0;
    }
    case K['process-object']:
      begin(walk, 'process', { expression: 'process' });
      return 0;
    case K['timers-list']:
      begin(walk, index.words.nodeText(root) === 'ImmediateList' ? 'immediates' : 'timers');
      return 0;
    case K.context: {
      const owner = naming.scopes.ownerOf(root);
      begin(walk, fileOf(owner) === '' ? 'script without a name' : `script ${shortFile(fileOf(owner))}`);
      return 0;
    }
    default:
      return beginAtV8(walk);
  }
}

/** Names an ES module as the root, in place of one that is named already. */
export function beginAtModule(walk: PathWalk, module: number): void {
  const { scopes } = walk.naming;
  const file = scopes.fileOfModule(module);
  walk.steps.pop();
  begin(walk, `module ${shortFile(file)}${scopes.queryOfModule(module)}`, beginningOf(file));
}

/** Names Node as the root, in place of one that is named already. */
export function beginAtNode(walk: PathWalk): void {
  walk.steps.pop();
  begin(walk, 'Node.js');
}

/** Names a root of V8 or Node that no module or global leads to. */
function beginAtV8(walk: PathWalk): number {
  const { index, nodes, edges } = walk;
  let at = 0;
  while (at < edges.length && walk.kindAt(at + 1) === K.synthetic) at++;
  const from = index.words.nodeText(nodes[at]!);
  const isLocal = from === '(Stack roots)' || from === '(Handle scope)';
  if (isLocal) begin(walk, 'running code');
  else if (from === '(Micro tasks)') begin(walk, 'queued microtask');
  else if (/Global handles|Persistent|Environment|native/.test(from) || walk.kindAt(at) === K.native) {
    begin(walk, 'native code');
  } else begin(walk, "V8's own roots");
  if (at >= edges.length) return at;
  walk.push(at, { hold: 'internal', edge: isLocal ? 'local variable' : 'handle' });
  return at + 1;
}

function begin(walk: PathWalk, node: string, more: Partial<NamedStep> = {}): void {
  walk.steps.push({ hold: 'root', edge: '', node, head: walk.nodes[0]!, rawEdge: NO_EDGE, fanOut: 1, ...more });
}

const beginningOf = (file: string): { place?: Place } => (file === '' ? {} : { place: { file, line: 1, column: 1 } });
