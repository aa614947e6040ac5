// A path from a root to an object as it is shown: with the object's own entries, and in one line. Pure.

import type { PathStep } from '../../../engine/protocol/explanation.ts';

/** What stands in a reason's path where its objects differ. */
const ENTRY_MARK = '[…]';

/** The object's own path: its entries in place of the marks, in order. Marks without an entry stay. */
export function ownPath(path: readonly PathStep[], entries: readonly string[]): PathStep[] {
  let next = 0;
  return path.map((step) => ({
    ...step,
    edge: step.edge.replaceAll(ENTRY_MARK, (mark) => entries[next++] ?? mark),
  }));
}

export interface LinePart {
  readonly text: string;
  readonly isSuspect: boolean;
  /** What the object itself is, at the end. */
  readonly isTarget: boolean;
}

/**
 * The path in one line: the root, every edge on the way, and the object. A path of many steps keeps its first two and last
 * two, and the suspect edge.
 */
export function pathLine(path: readonly PathStep[]): LinePart[] {
  const parts: LinePart[] = path.flatMap(({ edge, node, suspect }, index) => {
    const isTarget = index > 0 && index === path.length - 1;
    const name = { text: node, isSuspect: false, isTarget };
    const way = { text: edge || node, isSuspect: suspect, isTarget: false };
    if (index === 0) return [edge === '' ? name : { ...way, text: `${edge} ${node}`.trim() }];
    return isTarget && edge !== '' && node !== '' ? [way, name] : [way];
  });
  const MOST_PARTS = 6;
  if (parts.length <= MOST_PARTS) return parts;
  const kept = parts.filter(({ isSuspect }, index) => isSuspect || index < 2 || index >= parts.length - 2);
  return kept.flatMap((part, index) => {
    const before = kept[index - 1];
    const isGap = before !== undefined && parts.indexOf(part) !== parts.indexOf(before) + 1;
    return isGap ? [{ text: '…', isSuspect: false, isTarget: false }, part] : [part];
  });
}

/** Stretches of a sentence, those in backticks being code. */
export function codeParts(sentence: string): { readonly text: string; readonly isCode: boolean }[] {
  return sentence
    .split('`')
    .map((text, index) => ({ text, isCode: index % 2 === 1 }))
    .filter(({ text }) => text !== '');
}

/** `server.js:12`. */
export function placeText({ file, line }: { readonly file: string; readonly line: number }): string {
  return `${file.slice(Math.max(file.lastIndexOf('/'), file.lastIndexOf('\\')) + 1)}:${line}`;
}
