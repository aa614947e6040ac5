// Tells what belongs to the language or the platform: a program never gets rid of a leak by deleting `AbortController` or
// `Promise.prototype.then`. By the realm that explains (names that lead to something from its own `globalThis`), by names
// that other versions and browsers have, and by what the snapshot shows of holder and value.

import type { GraphIndex } from './graph-index.ts';
import { K, W } from './heap-words.ts';
import { fileOf, type NamedStep } from './naming/named-step.ts';
import type { Scopes } from './scopes.ts';

/** Globals of other versions of Node, and of pages, than the one that explains. */
const FURTHER_GLOBALS: ReadonlySet<string> = new Set(
  `AsyncDisposableStack CloseEvent CustomEvent DisposableStack ErrorEvent EventSource Float16Array GLOBAL
  HTMLElement Iterator MutationObserver Navigator QuotaExceededError Storage SuppressedError Temporal URLPattern WebSocket
  XMLHttpRequest caches cookieStore customElements document external frames history indexedDB localStorage location
  navigator origin parent performance root screen self sessionStorage speechSynthesis top trustedTypes visualViewport
  window`.split(/\s+/),
);
const FURTHER_PARTS_OF_PROCESS: ReadonlySet<string> = new Set(['domain', 'mainModule', 'send', 'channel']);

/** Returns whether these names lead from `globalThis` to something of the platform's. Calls no accessor. */
export function isPlatformPath(names: readonly string[]): boolean {
  const [first = ''] = names;
  if (names.length === 1 && FURTHER_GLOBALS.has(first)) return true;
  if (names.length === 2 && first === 'process' && FURTHER_PARTS_OF_PROCESS.has(names[1] ?? '')) return true;
  let at: unknown = globalThis;
  for (const [position, name] of names.entries()) {
    if ((typeof at !== 'object' && typeof at !== 'function') || at === null) return false;
    const descriptor = Object.getOwnPropertyDescriptor(at, name);
    if (descriptor === undefined) return false;
    if (position === names.length - 1) return true;
    at = descriptor.value;
  }
  return false;
}

/** Returns the steps at which a program can't cut: along what the platform itself put there. */
export function findPlatformSteps(index: GraphIndex, scopes: Scopes, steps: readonly NamedStep[]): ReadonlySet<number> {
  const found = new Set<number>();
  // From a global object or `process`, as far as names of the platform lead; undefined: elsewhere.
  let names: string[] | undefined;
  for (const [at, { head, identifier, hold }] of steps.entries()) {
    const holder = steps[at - 1];
    if (holder !== undefined) {
      const isNamed =
        identifier !== undefined && (hold === 'global-variable' || hold === 'property' || hold === 'part');
      const path = isNamed && names !== undefined ? [...names, identifier] : undefined;
      const isPlatform = path !== undefined && isPlatformPath(path);
      const isNative = index.kind[holder.head] === K.native;
      const isPut = isNative || (isBuiltInHolder(index, scopes, holder.head) && isBuiltIn(index, scopes, head));
      if (isPlatform || isPut) found.add(at);
      // V8 14 tells of the global object behind its proxy.
      const isProxy = names?.length === 0 && identifier === undefined && hold === 'internal';
      if (!isProxy) names = isPlatform ? path : undefined;
    }
    if (index.kind[head] === K.global) names = [];
    else if (index.kind[head] === K['process-object']) names = ['process'];
  }
  // What leads into Node's own scopes is how the path came there.
  const last = steps.findLastIndex(({ owner }) => owner !== undefined && fileOf(owner).startsWith('node:'));
  for (let at = 1; at < last; at++) if (isBuiltIn(index, scopes, steps[at]!.head)) found.add(at);
  return found;
}

/** A function of V8's or of Node's own, or the pair of an accessor. */
function isBuiltIn({ kind, words }: GraphIndex, scopes: Scopes, node: number): boolean {
  if (words.nodeText(node) === 'system / AccessorPair') return true;
  if (kind[node] !== K.closure) return false;
  const { script, name } = scopes.functionName(node);
  return name !== '' && (script === '' || script.startsWith('node:'));
}

/** A global object, `process`, a class that is built in, or the prototype of one. */
function isBuiltInHolder(index: GraphIndex, scopes: Scopes, node: number): boolean {
  const kind = index.kind[node];
  if (kind === K.global || kind === K['process-object']) return true;
  if (kind === K.closure) return isBuiltIn(index, scopes, node);
  const own = index.targetOf(node, W.constructor);
  return own >= 0 && isBuiltIn(index, scopes, own);
}
