// Which function a closure or a scope belongs to, in which file, and where: from V8's shared function infos, scripts and
// the snapshot's locations. Runs in the thread that explains snapshots.

import { fileURLToPath } from 'node:url';
import type { Place } from '../protocol/explanation.ts';
import { CHAIN_LIMIT, type GraphIndex } from './graph-index.ts';
import { Edge, K, Node, W } from './heap-words.ts';

/** What made a scope. */
export type ScopeOwner =
  /** The top level of an ES module, or of a CommonJS module. */
  | { readonly type: 'module'; readonly file: string }
  /** Top-level `let`, `const` and `class` of a classic script. */
  | { readonly type: 'script'; readonly file: string }
  /** `isBlock`: a block within it. `name` is empty for an anonymous function. */
  | {
      readonly type: 'function';
      readonly name: string;
      readonly file: string;
      readonly isBlock: boolean;
      readonly place?: Place;
      readonly sharedInfo: number;
    }
  /** A block at the top level of a module. */
  | { readonly type: 'module-block'; readonly file: string }
  /** V8's own, as behind the two functions that settle a promise. */
  | { readonly type: 'internal' };

export interface FunctionName {
  /** Empty for an anonymous function. */
  readonly name: string;
  /** Script's name as V8 has it; empty for V8's own. */
  readonly script: string;
  readonly place?: Place;
}

export const SCOPE_OF_PROGRAM = 0;
export const SCOPE_OF_NODE = 1;
export const SCOPE_OF_PROBE = 2;

/** A file's path where a script is a file; otherwise the script's name as it is. */
export function fileOfScript(script: string): string {
  if (!script.startsWith('file:')) return script;
  try {
    return fileURLToPath(script);
  } catch {
    // A URL of another machine: not a file here.
    return script;
  }
}

export class Scopes {
  readonly #index: GraphIndex;
  /** Of each scope info the shared function info that it is of. */
  readonly #functionOfScope = new Map<number, number>();
  #closureOfFunction: Map<number, number> | undefined;
  readonly #commonJsFiles = new Set<string>();
  readonly #scriptContexts = new Set<number>();

  constructor(index: GraphIndex) {
    this.#index = index;
    const { graph, kind, targetOf, textOf } = index;
    for (let node = 0; node < graph.nodeCount; node++) {
      switch (kind[node]) {
        case K.code: {
          const scope = targetOf(node, W.name_or_scope_info);
          if (scope >= 0 && kind[scope] === K.code) this.#functionOfScope.set(scope, node);
          break;
        }
        case K['commonjs-module']: {
          const file = textOf(node, W.filename);
          if (file !== undefined) this.#commonJsFiles.add(file);
          break;
        }
        case K['native-context']: {
          const table = targetOf(node, W.script_context_table);
          if (table < 0) break;
          for (let edge = graph.firstEdge[table]!, end = graph.firstEdge[table + 1]!; edge < end; edge++) {
            const context = graph.edgeTarget[edge]!;
            if (kind[context] === K.context) this.#scriptContexts.add(context);
          }
          break;
        }
      }
    }
  }

  get scriptContexts(): ReadonlySet<number> {
    return this.#scriptContexts;
  }

  /** The script of a shared function info; empty for V8's own. */
  scriptOf(sharedInfo: number): string {
    const { targetOf, words, kind, graph } = this.#index;
    let script = targetOf(sharedInfo, W.script);
    if (script < 0) script = targetOf(sharedInfo, W.script_or_debug_info);
    if (script < 0 || kind[script] !== K.code || graph.nodeType[script] !== Node.code) return '';
    const text = words.nodeText(script);
    return text.startsWith('(') || text.startsWith('system / ') ? '' : text;
  }

  placeOf(node: number, script: string): Place | undefined {
    if (script === '' || script.startsWith('node:')) return undefined;
    const { node: nodes, line, column } = this.#index.graph.locations;
    let low = 0;
    let high = nodes.length - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const found = nodes[middle]!;
      if (found === node) return { file: fileOfScript(script), line: line[middle]! + 1, column: column[middle]! + 1 };
      if (found < node) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }

  functionName(closure: number): FunctionName {
    const { targetOf, words } = this.#index;
    const name = words.nodeText(closure);
    const sharedInfo = targetOf(closure, W.shared);
    const script = sharedInfo < 0 ? '' : this.scriptOf(sharedInfo);
    const place = this.placeOf(closure, script);
    return place === undefined ? { name, script } : { name, script, place };
  }

  /** A closure of that function that is alive; -1 if there is none. */
  closureOf(sharedInfo: number): number {
    if (this.#closureOfFunction === undefined) {
      this.#closureOfFunction = new Map();
      const { graph, kind, targetOf } = this.#index;
      for (let node = 0; node < graph.nodeCount; node++) {
        if (kind[node] !== K.closure) continue;
        const shared = targetOf(node, W.shared);
        if (shared >= 0 && !this.#closureOfFunction.has(shared)) this.#closureOfFunction.set(shared, node);
      }
    }
    return this.#closureOfFunction.get(sharedInfo) ?? -1;
  }

  /** The scope info around another. */
  #outerScopeInfo(scopeInfo: number): number {
    const { graph, words } = this.#index;
    for (let edge = graph.firstEdge[scopeInfo]!, end = graph.firstEdge[scopeInfo + 1]!; edge < end; edge++) {
      const target = graph.edgeTarget[edge]!;
      if (graph.edgeType[edge] === Edge.hidden && words.nodeText(target) === 'system / ScopeInfo') return target;
    }
    return -1;
  }

  ownerOf(context: number): ScopeOwner {
    const { targetOf, kind, words } = this.#index;
    if (this.#scriptContexts.has(context)) return { type: 'script', file: this.#fileOfScope(context) };
    const extension = targetOf(context, W.extension);
    if (extension >= 0 && kind[extension] === K.module) return { type: 'module', file: this.#fileOfScope(context) };
    const scopeInfo = targetOf(context, W.scope_info);
    if (scopeInfo < 0) return { type: 'internal' };
    const own = this.#functionOfScope.get(scopeInfo);
    let sharedInfo = own;
    for (let scope = scopeInfo, steps = 0; sharedInfo === undefined && steps < CHAIN_LIMIT; steps++) {
      scope = this.#outerScopeInfo(scope);
      if (scope < 0) return { type: 'internal' };
      sharedInfo = this.#functionOfScope.get(scope);
    }
    if (sharedInfo === undefined) return { type: 'internal' };
    const isBlock = own === undefined;
    const script = this.scriptOf(sharedInfo);
    const file = fileOfScript(script);
    if (script === '') return { type: 'internal' };
    const closure = this.closureOf(sharedInfo);
    const text = words.nodeText(sharedInfo);
    const name = text === '(shared function info)' ? (closure < 0 ? '' : words.nodeText(closure)) : text;
    const outermost = this.#isOutermost(context, isBlock);
    if (outermost === 'module' || (outermost === 'function' && name === '' && this.#commonJsFiles.has(file))) {
      return isBlock ? { type: 'module-block', file } : { type: 'module', file };
    }
    const place = closure < 0 ? undefined : this.placeOf(closure, script);
    return { type: 'function', name, file, isBlock, sharedInfo, ...(place === undefined ? {} : { place }) };
  }

  /**
   * Whether the function scope that `context` is, or is a block of, is the outermost one of its file: nothing but the realm
   * is around it, as around the function that Node wraps a CommonJS module in.
   */
  #isOutermost(context: number, isBlock: boolean): 'module' | 'function' | 'neither' {
    const { targetOf, kind } = this.#index;
    let scope = context;
    if (isBlock) {
      for (let steps = 0; steps < CHAIN_LIMIT; steps++) {
        const info = targetOf(scope, W.scope_info);
        if (info < 0 || this.#functionOfScope.has(info)) break;
        scope = targetOf(scope, W.previous);
        if (scope < 0 || kind[scope] !== K.context) return 'function';
      }
      const extension = targetOf(scope, W.extension);
      if (extension >= 0 && kind[extension] === K.module) return 'module';
    }
    const around = targetOf(scope, W.previous);
    return around >= 0 && kind[around] === K['native-context'] ? 'function' : 'neither';
  }

  #fileOfScope(context: number): string {
    const scopeInfo = this.#index.targetOf(context, W.scope_info);
    const sharedInfo = scopeInfo < 0 ? undefined : this.#functionOfScope.get(scopeInfo);
    return sharedInfo === undefined ? '' : fileOfScript(this.scriptOf(sharedInfo));
  }

  /**
   * Of each context whose it is: SCOPE_OF_PROGRAM, SCOPE_OF_NODE or SCOPE_OF_PROBE.
   *
   * @param probeScript the probe's script; empty if none is known.
   */
  findScopeOwners(probeScript: string): Uint8Array {
    const { graph, kind, targetOf } = this.#index;
    const owner = new Uint8Array(graph.nodeCount);
    const ofScopeInfo = new Map<number, number>();
    const find = (scopeInfo: number): number => {
      for (let scope = scopeInfo, steps = 0; scope >= 0 && steps < CHAIN_LIMIT; steps++) {
        const sharedInfo = this.#functionOfScope.get(scope);
        if (sharedInfo !== undefined) {
          const script = this.scriptOf(sharedInfo);
          if (script.startsWith('node:')) return SCOPE_OF_NODE;
          return script !== '' && script === probeScript ? SCOPE_OF_PROBE : SCOPE_OF_PROGRAM;
        }
        scope = this.#outerScopeInfo(scope);
      }
      return SCOPE_OF_PROGRAM;
    };
    for (let node = 0; node < graph.nodeCount; node++) {
      if (kind[node] !== K.context) continue;
      const scopeInfo = targetOf(node, W.scope_info);
      if (scopeInfo < 0) continue;
      let found = ofScopeInfo.get(scopeInfo);
      if (found === undefined) ofScopeInfo.set(scopeInfo, (found = find(scopeInfo)));
      owner[node] = found;
    }
    return owner;
  }

  /** The file of an ES module; empty if it is none that was evaluated. */
  fileOfModule(module: number): string {
    const { graph, kind, targetOf } = this.#index;
    for (let edge = graph.firstEdge[module]!, end = graph.firstEdge[module + 1]!; edge < end; edge++) {
      const target = graph.edgeTarget[edge]!;
      const closure =
        kind[target] === K.generator ? targetOf(target, W.function) : kind[target] === K.closure ? target : -1;
      const sharedInfo = closure >= 0 ? targetOf(closure, W.shared) : kind[target] === K.code ? target : -1;
      if (sharedInfo < 0) continue;
      const script = this.scriptOf(sharedInfo);
      if (script !== '') return fileOfScript(script);
    }
    return '';
  }
}
