import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createProgramText, visibleText } from './visible-text.ts';

/** What no terminal may be given. */
const ACTIVE = /[\0-\x07\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]|\x1b(?!\[[0-9;:]*m)/;
const CLIPBOARD = '\u001b]52;c;aGk=\u0007';
const hostile = fc.array(
  fc.oneof(
    fc.constantFrom('\u001b', '[', ']', '52;', '1', ';', 'm', 'K', '\u009b', '\u202e', '\u0007', '\r', '\n', 'é', '😀'),
    fc.string(),
  ),
);

describe('text from elsewhere', () => {
  it('shows what a terminal or a page would act on, and leaves everything else', () => {
    expect(visibleText(CLIPBOARD)).toBe('\\u001b]52;c;aGk=\\u0007');
    expect(visibleText('a\u202eb\u2066c\u009b2Jd\u2028e\u007f')).toBe('a\\u202eb\\u2066c\\u009b2Jd\\u2028e\\u007f');
    expect(visibleText('a\tb\nc é 漢 😀 \\u001b')).toBe('a\tb\nc é 漢 😀 \\u001b');
  });

  it('keeps the meaning of a JSON text', () => {
    fc.assert(
      fc.property(hostile, (parts) => {
        const text = parts.join('');
        const shown = visibleText(JSON.stringify({ label: text }, null, 2));
        expect(JSON.parse(shown)).toEqual({ label: text });
        expect(shown).not.toMatch(ACTIVE);
      }),
    );
  });

  it('keeps the colors of what a program prints, however it is cut, and nothing else that acts', () => {
    const text = createProgramText();
    const pieces = ['\u001b[3', '1mred\u001b', '[0m\u001b]52;c;', 'aGk=\u0007\r\n\u001b[2', 'J', '\u001b'];
    expect(pieces.map((piece) => text.push(piece)).join('') + text.end()).toBe(
      '\u001b[31mred\u001b[0m\\u001b]52;c;aGk=\\u0007\r\n\\u001b[2J\\u001b',
    );
    fc.assert(
      fc.property(hostile, (parts) => {
        const program = createProgramText();
        expect(parts.map((part) => program.push(part)).join('') + program.end()).not.toMatch(ACTIVE);
      }),
    );
  });

  it('ends a color that the program has left on', () => {
    const text = createProgramText();
    expect(text.push('\u001b[31mred') + text.end()).toBe('\u001b[31mred\u001b[0m');
  });
});
