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
  if (script.startsWith('data:')) return shortenDataUrl(script);
  if (!script.startsWith('file:')) return script;
  try {
    return fileURLToPath(script);
  } catch {
    // A URL of another machine: not a file here.
    return script;
  }
}

/** Returns the beginning of a module's text: `data:text/javascript,export const a = 1…`. */
function shortenDataUrl(url: string): string {
  if (url.length <= MAXIMUM_DATA_URL) return url;
  const comma = url.indexOf(',') + 1;
  if (url.slice(0, comma).includes(';base64')) return `${url.slice(0, Math.min(comma, MAXIMUM_DATA_URL))}…`;
  let beginning = url.slice(0, MAXIMUM_DATA_URL);
  try {
    // An escape that is cut in two is left out.
    beginning = decodeURIComponent(beginning.replace(/(?:%[0-9a-f]{0,2})+$/i, ''));
  } catch {
    // Not encoded: as it is.
  }
  return `${beginning.replaceAll(/\s+/g, ' ').trim()}…`;
}
const MAXIMUM_DATA_URL = 60;

export class Scopes {
  readonly #index: GraphIndex;
  /** Of each scope info the shared function info that it is of, unless V8 has let go of that. */
  readonly #functionOfScope = new Map<number, number>();
  /** Of each scope info the script it is in, which functions inside it tell as well. */
  readonly #scriptOfScope = new Map<number, string>();
  #closureOfFunction: Map<number, number> | undefined;
  readonly #commonJsFiles = new Set<string>();
  readonly #scriptContexts = new Set<number>();

  constructor(index: GraphIndex) {
    this.#index = index;
    const { graph, kind, targetOf, textOf } = index;
    for (let node = 0; node < graph.nodeCount; node++) {
      switch (kind[node]) {
        case K.code: {
          const own = targetOf(node, W.name_or_scope_info);
          if (own < 0) break;
          const isScope = kind[own] === K.code;
          if (isScope) this.#functionOfScope.set(own, node);
          const outer = targetOf(node, W.raw_outer_scope_info_or_feedback_metadata);
          const script = this.scriptOf(node);
          if (script === '') break;
          for (let scope = isScope ? own : outer; scope >= 0; scope = this.#outerScopeInfo(scope)) {
            if (!this.#isScopeInfo(scope) || this.#scriptOfScope.has(scope)) break;
            this.#scriptOfScope.set(scope, script);
          }
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
        default:
          break;
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

  /** Whether a function comes from a text rather than from a file, by `new Function()` or `eval`. */
  isMadeFromText(closure: number): boolean {
    const { targetOf, words, graph } = this.#index;
    const script = targetOf(targetOf(closure, W.shared), W.script);
    return script >= 0 && graph.nodeType[script] === Node.code && words.nodeText(script) === '';
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

  #isScopeInfo(node: number): boolean {
    return this.#index.words.nodeText(node) === 'system / ScopeInfo';
  }

  /** The scope info around another. */
  #outerScopeInfo(scopeInfo: number): number {
    const { graph } = this.#index;
    for (let edge = graph.firstEdge[scopeInfo]!, end = graph.firstEdge[scopeInfo + 1]!; edge < end; edge++) {
      const target = graph.edgeTarget[edge]!;
      if (graph.edgeType[edge] === Edge.hidden && this.#isScopeInfo(target)) return target;
    }
    return -1;
  }

  /**
   * The name in the scope info of a function, which has it after the names of the variables; undefined: it is of a block.
   *
   * @param context a scope of that info; below 0 if it has none, and so no variables.
   */
  #functionNameIn(scopeInfo: number, context: number): string | undefined {
    const { graph, words } = this.#index;
    const variables = new Set<string>();
    if (context >= 0) {
      for (let edge = graph.firstEdge[context]!, end = graph.firstEdge[context + 1]!; edge < end; edge++) {
        if (graph.edgeType[edge] === Edge.context) variables.add(words.edgeText(edge));
      }
      // Of a block V8 does not tell the variables by name.
      if (variables.size === 0) return undefined;
    }
    for (let edge = graph.firstEdge[scopeInfo]!, end = graph.firstEdge[scopeInfo + 1]!; edge < end; edge++) {
      const target = graph.edgeTarget[edge]!;
      if (graph.edgeType[edge] !== Edge.hidden || graph.nodeType[target] !== Node.string) continue;
      const text = words.nodeText(target);
      if (!variables.has(text)) return text;
    }
    return undefined;
  }

  /**
   * What the variable of a block's scope may be called that a hidden edge leads to. V8 numbers those edges and leaves out
   * the variables that are small integers, so that there may be several.
   */
  blockVariables(context: number, edge: number): string[] {
    const { graph, words, targetOf } = this.#index;
    const scopeInfo = targetOf(context, W.scope_info);
    if (scopeInfo < 0) return [];
    const names: string[] = [];
    for (let at = graph.firstEdge[scopeInfo]!, end = graph.firstEdge[scopeInfo + 1]!; at < end; at++) {
      const target = graph.edgeTarget[at]!;
      if (graph.edgeType[at] === Edge.hidden && graph.nodeType[target] === Node.string)
        names.push(words.nodeText(target));
    }
    let last = 0;
    for (let at = graph.firstEdge[context]!, end = graph.firstEdge[context + 1]!; at < end; at++) {
      if (graph.edgeType[at] === Edge.hidden) last = Math.max(last, graph.edgeName[at]!);
    }
    const index = graph.edgeName[edge]!;
    return names.slice(index, index + Math.max(0, names.length - 1 - last) + 1);
  }

  ownerOf(context: number): ScopeOwner {
    const { targetOf, kind, words } = this.#index;
    const contextInfo = targetOf(context, W.scope_info);
    if (contextInfo < 0) return { type: 'internal' };
    const file = fileOfScript(this.#scriptOfScope.get(contextInfo) ?? '');
    if (this.#scriptContexts.has(context)) return { type: 'script', file };
    const extension = targetOf(context, W.extension);
    if (extension >= 0 && kind[extension] === K.module) return { type: 'module', file };
    if (file === '') return { type: 'internal' };

    // The function that the scope is of, or is a block of.
    let scopeInfo = contextInfo;
    let scope = context;
    let sharedInfo = this.#functionOfScope.get(scopeInfo);
    let name = sharedInfo === undefined ? this.#functionNameIn(scopeInfo, scope) : undefined;
    for (let steps = 0; sharedInfo === undefined && name === undefined && steps < CHAIN_LIMIT; steps++) {
      scopeInfo = this.#outerScopeInfo(scopeInfo);
      if (scopeInfo < 0) break;
      const around = targetOf(scope, W.previous);
      const isItsScope = around >= 0 && targetOf(around, W.scope_info) === scopeInfo;
      if (isItsScope) {
        scope = around;
        const module = targetOf(scope, W.extension);
        if (module >= 0 && kind[module] === K.module) return { type: 'module-block', file };
      }
      sharedInfo = this.#functionOfScope.get(scopeInfo);
      if (sharedInfo === undefined) name = this.#functionNameIn(scopeInfo, isItsScope ? scope : -1);
    }
    const isBlock = scopeInfo !== contextInfo;
    const closure = sharedInfo === undefined ? -1 : this.closureOf(sharedInfo);
    if (sharedInfo !== undefined) {
      const text = words.nodeText(sharedInfo);
      name = text === '(shared function info)' ? (closure < 0 ? '' : words.nodeText(closure)) : text;
    }
    // Node wraps a CommonJS module, and each of its own modules, in a function without a name, around which there is nothing but the realm.
    const around = targetOf(scope, W.previous);
    const isOutermost = around >= 0 && kind[around] === K['native-context'];
    const isWrapped = this.#commonJsFiles.has(file) || file.startsWith('node:');
    if (isOutermost && (name ?? '') === '' && isWrapped) {
      return isBlock ? { type: 'module-block', file } : { type: 'module', file };
    }
    const place = closure < 0 ? undefined : this.placeOf(closure, this.#scriptOfScope.get(contextInfo) ?? '');
    return { type: 'function', name: name ?? '', file, isBlock, ...(place === undefined ? {} : { place }) };
  }

  /**
   * Of each context whose it is: SCOPE_OF_PROGRAM, SCOPE_OF_NODE or SCOPE_OF_PROBE.
   *
   * @param probeScript the probe's script; empty if none is known.
   */
  findScopeOwners(probeScript: string): Uint8Array {
    const { graph, kind, targetOf } = this.#index;
    const owner = new Uint8Array(graph.nodeCount);
    const ofScript = (script: string | undefined): number => {
      if (script === undefined) return SCOPE_OF_PROGRAM;
      if (script.startsWith('node:')) return SCOPE_OF_NODE;
      return script === probeScript ? SCOPE_OF_PROBE : SCOPE_OF_PROGRAM;
    };
    for (let node = 0; node < graph.nodeCount; node++) {
      if (kind[node] !== K.context) continue;
      const scopeInfo = targetOf(node, W.scope_info);
      if (scopeInfo < 0) continue;
      owner[node] = ofScript(this.#scriptOfScope.get(scopeInfo));
    }
    return owner;
  }

  /** The file of an ES module; empty if it is none that was evaluated. */
  fileOfModule(module: number): string {
    return fileOfScript(this.#scriptOfModule(module));
  }

  /** What an `import()` wrote after the file of an ES module: `?v=2`, and empty for most. */
  queryOfModule(module: number): string {
    const script = this.#scriptOfModule(module);
    return script.startsWith('file:') ? (/[?#].*$/s.exec(script)?.[0] ?? '') : '';
  }

  #scriptOfModule(module: number): string {
    const { graph, kind, targetOf } = this.#index;
    for (let edge = graph.firstEdge[module]!, end = graph.firstEdge[module + 1]!; edge < end; edge++) {
      const target = graph.edgeTarget[edge]!;
      const closure =
        kind[target] === K.generator ? targetOf(target, W.function) : kind[target] === K.closure ? target : -1;
      const sharedInfo = closure >= 0 ? targetOf(closure, W.shared) : kind[target] === K.code ? target : -1;
      if (sharedInfo < 0) continue;
      const script = this.scriptOf(sharedInfo);
      if (script !== '') return script;
    }
    return '';
  }
}
