// A path in one line: `module variable cache (cache.mjs:3) → Map entry "17" → Session`.

import type { NamedStep } from './named-step.ts';
import { shortFile } from './step-texts.ts';

/** What a collection is, its entries say already. */
const SAID_BY_ENTRY = /^(?:Map entry|Map key|Set entry|listener for|callback|awaited by|promise$)/;

/** @param steps with the edges that are to be shown. */
export function summarizePath(steps: readonly NamedStep[]): string {
  const [root, first] = steps;
  if (root === undefined) return '';
  const parts: string[] = [];
  const place = (step: NamedStep): string =>
    step.place === undefined ? '' : ` (${shortFile(step.place.file)}:${step.place.line})`;
  const isModuleVariable = first?.hold === 'module-variable' && first.edge.startsWith('variable ');
  const isGlobal = first?.hold === 'global-variable' && first.expression !== undefined && root.node === 'globalThis';
  if (!isModuleVariable && !isGlobal) parts.push(root.node);
  for (let at = 1; at < steps.length; at++) {
    const step = steps[at]!;
    const next = steps[at + 1];
    const isFunction = /function|generator|class |[gs]etter /.test(step.node);
    let edge = step.edge;
    if (at === 1 && isModuleVariable) edge = `module ${edge}`;
    if (at === 1 && isGlobal) edge = first.expression ?? edge;
    if (edge !== '') parts.push(isFunction ? edge : `${edge}${place(step)}`);
    const isSaid =
      next !== undefined && !isFunction && (SAID_BY_ENTRY.test(next.edge) || /^(?:Object|Array)$/.test(step.node));
    if (!isSaid || edge === '') parts.push(isFunction ? `${step.node}${place(step)}` : step.node);
  }
  return parts.join(' → ');
}
