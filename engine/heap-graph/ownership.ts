// Tells which steps of a path are the program's own to undo, and which lie inside a package that it uses. Ownership is that
// of the code: of a variable the file of its scope, of a field that of the class, and what is plain data belongs to what
// leads to it.

import type { GraphIndex } from './graph-index.ts';
import { K, W } from './heap-words.ts';
import { fileOf, type Hold, type NamedStep } from './naming/named-step.ts';
import { fileOfScript, type Scopes } from './scopes.ts';

const PACKAGE = /(?:^|[\\/])node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)/g;

/** Name of the package that a file belongs to; undefined for the program's own files. */
export function packageOf(file: string): string | undefined {
  const name = [...file.matchAll(PACKAGE)].at(-1)?.[1];
  return name?.replaceAll('\\', '/');
}

/** What a function of the program's asked for is its own to undo, whoever keeps it. */
const ASKED_FOR: ReadonlySet<Hold> = new Set<Hold>([
  'listener',
  'abort-listener',
  'timer',
  'promise',
  'suspended',
  'held-value',
  'cleanup',
  'node-api',
]);

/** By step, the package whose own doing it is; undefined: the program's. */
export function findPackages(
  index: GraphIndex,
  scopes: Scopes,
  steps: readonly NamedStep[],
): readonly (string | undefined)[] {
  const root = steps[0];
  /** Of what the step before leads to. */
  let holder = root?.place === undefined ? undefined : packageOf(root.place.file);
  return steps.map((step) => {
    const file = step.owner === undefined ? '' : fileOf(step.owner);
    if (file !== '') holder = packageOf(file);
    let own = holder;
    const ofHead = fileOfNode(index, scopes, step.head);
    if (ofHead !== undefined) holder = packageOf(ofHead);
    // A function of the program's, called by a package.
    if (ASKED_FOR.has(step.hold)) own = step.place === undefined ? holder : packageOf(step.place.file);
    return own;
  });
}

/** The file of the code of a function, or of the class of an object; undefined for plain data and for what is built in. */
function fileOfNode({ kind, words, targetOf }: GraphIndex, scopes: Scopes, node: number): string | undefined {
  let closure = -1;
  if (kind[node] === K.closure) closure = node;
  else if (kind[node] === K.generator) closure = targetOf(node, W.function);
  else if (kind[node] === K.object && !/^(?:Object|Array)$/.test(words.nodeText(node))) {
    closure = targetOf(targetOf(node, W.__proto__), W.constructor);
    if (closure >= 0 && kind[closure] !== K.closure) closure = -1;
  }
  if (closure < 0) return undefined;
  const { script } = scopes.functionName(closure);
  return script === '' || script.startsWith('node:') ? undefined : fileOfScript(script);
}
