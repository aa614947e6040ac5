// Describes a node of a heap graph in a word or two: its class, or the name and the place of a function.

import type { Place } from '../../protocol/explanation.ts';
import type { GraphIndex } from '../graph-index.ts';
import { K, Node, W } from '../heap-words.ts';
import type { FunctionName, Scopes } from '../scopes.ts';
import type { SourceTexts } from '../source-text.ts';
import { shorten, shortFile } from './step-texts.ts';

export interface NodeSources {
  readonly index: GraphIndex;
  readonly scopes: Scopes;
  readonly sources: SourceTexts;
}

export interface NodeDescription {
  readonly text: string;
  readonly place?: Place;
}

/** In Node 20 the constructor of a signal is `EventTarget`. */
export const isAbortSignal = ({ words, targetOf }: GraphIndex, node: number): boolean =>
  words.nodeText(node) === 'AbortSignal' || targetOf(node, W.kAborted) >= 0;

/** Returns the function that a generator object runs. */
export function generatorFunction({ targetOf }: GraphIndex, scopes: Scopes, generator: number): FunctionName {
  const closure = targetOf(generator, W.function);
  return closure < 0 ? { name: '', script: '' } : scopes.functionName(closure);
}

/** The code of an ES module is a function without a name that begins where the file does. */
export const isTopLevelCode = (name: string, { line, column }: Place): boolean =>
  name === '' && line === 1 && column === 1;

export function describeNode({ index, scopes, sources }: NodeSources, node: number): NodeDescription {
  const { graph, kind, words, targetOf } = index;
  const name = words.nodeText(node);
  switch (kind[node]) {
    case K.closure: {
      if (targetOf(node, W.bound_function) >= 0) {
        const { name: bound, place } = scopes.functionName(targetOf(node, W.bound_function));
        return described(`bound function${bound === '' ? '' : ` ${shorten(bound)}`}`, place);
      }
      const { name: own, place, script } = scopes.functionName(node);
      if (own === '' && script === '') {
        const isFromText = scopes.isMadeFromText(node);
        return { text: isFromText ? 'anonymous function of new Function() or eval()' : 'built-in function' };
      }
      const accessor = /^([gs]et) (.+)$/s.exec(own);
      if (accessor !== null) return functionText(`${accessor[1]}ter`, accessor[2] ?? '', place);
      return functionText(place !== undefined && sources.isClass(place) ? 'class' : 'function', own, place);
    }
    case K.proxy:
      return { text: 'Proxy' };
    case K.generator: {
      const { name: own, place } = generatorFunction(index, scopes, node);
      if (place !== undefined && isTopLevelCode(own, place))
        return { text: `top level of ${shortFile(place.file)}`, place };
      const isAsync = name === 'Generator' && !(place !== undefined && sources.isGenerator(place));
      return functionText(isAsync ? 'async function' : 'generator', own, place);
    }
    case K.global:
      return { text: 'globalThis' };
    case K['finalization-registry']:
      return { text: name };
    case K['process-object']:
      return { text: 'process' };
    case K['commonjs-module']:
      return { text: `module ${shortFile(index.textOf(node, W.filename) ?? '')}` };
    case K.leaf:
      return { text: graph.nodeType[node] === Node.number ? 'number' : 'string' };
    case K.context:
      return { text: 'scope' };
    default:
      if (name === 'EventTarget' && isAbortSignal(index, node)) return { text: 'AbortSignal' };
      if (name.startsWith('system / ')) return { text: "V8's own data" };
      return { text: name === '' ? (graph.nodeType[node] === Node.array ? "V8's array" : 'object') : shorten(name) };
  }
}

const functionText = (what: string, name: string, place: Place | undefined): NodeDescription =>
  described(name === '' ? `anonymous ${what}` : `${what} ${shorten(name)}`, place);

const described = (text: string, place: Place | undefined): NodeDescription =>
  place === undefined ? { text } : { text, place };
