import { describe, expect, it } from 'vitest';
import type { PathStep } from '../../../engine/protocol/explanation.ts';
import { codeParts, ownPath, pathLine, placeText } from './path-words.ts';

const step = (edge: string, node: string, suspect = false): PathStep => ({ edge, node, suspect });
const written = (path: readonly PathStep[]) =>
  pathLine(path)
    .map(({ text, isSuspect }) => (isSuspect ? `*${text}*` : text))
    .join(' → ');

describe('paths in words', () => {
  it('puts an object’s own entries where its reason has marks, in order, and keeps marks that have none', () => {
    const path = [
      step('', 'module a.js'),
      step('variable rows', 'Array'),
      step('[…]', 'Map'),
      step('entry […]', 'Session', true),
    ];
    expect(ownPath(path, ['[3]', '"$&17"']).map(({ edge }) => edge)).toEqual([
      '',
      'variable rows',
      '[3]',
      'entry "$&17"',
    ]);
    expect(ownPath(path, ['[3]']).at(-1)?.edge).toBe('entry […]');
  });

  it('writes root, edges and object in one line, and marks the suspect', () => {
    expect(written([step('', 'module a.js'), step('variable cache', 'Map'), step('entry "17"', 'Session', true)])).toBe(
      'module a.js → variable cache → *entry "17"* → Session',
    );
    expect(written([step('', 'timer')])).toBe('timer');
  });

  it('leaves out the middle of a long path, but never the suspect', () => {
    const long = [
      step('', 'root'),
      ...Array.from({ length: 9 }, (_, index) => step(`.e${index}`, 'Object', index === 4)),
    ];
    expect(written(long)).toBe('root → .e0 → … → *.e4* → … → .e8 → Object');
  });

  it('tells code from words, and names a place by its file', () => {
    expect(codeParts('Remove `cache.get(1)` first.')).toEqual([
      { text: 'Remove ', isCode: false },
      { text: 'cache.get(1)', isCode: true },
      { text: ' first.', isCode: false },
    ]);
    expect(placeText({ file: 'C:\\app\\server.js', line: 3 })).toBe('server.js:3');
  });
});
