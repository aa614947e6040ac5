import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlightPlainly } from './plain-highlighting.ts';

const hueOf = (text: string, part: string) => highlightPlainly(text).find((found) => found.text === part)?.hue;

describe('plain highlighting', () => {
  it('tells comments, strings, numbers, keywords, types and calls', () => {
    const text = "// for\nconst cache = new Map(); /* let */ cache.set('a // b', `x ${1}`, 17); class Session {}";
    expect(hueOf(text, '// for')).toBe('comment');
    expect(hueOf(text, '/* let */')).toBe('comment');
    expect(hueOf(text, "'a // b'")).toBe('string');
    expect(hueOf(text, '`x ${1}`')).toBe('string');
    expect(hueOf(text, '17')).toBe('number');
    expect(hueOf(text, 'const')).toBe('keyword');
    expect(hueOf(text, 'set')).not.toBe('keyword');
    expect(hueOf(text, 'Session')).toBe('type');
  });

  it('loses no character of any text', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('/', '*', '"', "'", '`', '\\', '\n', 'a', 'if', ' ', '1', '(', '$', 'é') }),
        (text) => {
          expect(
            highlightPlainly(text)
              .map((part) => part.text)
              .join(''),
          ).toBe(text);
        },
      ),
    );
  });
});
