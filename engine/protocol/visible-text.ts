// Makes visible what a terminal or a page would act on in a text from elsewhere: labels, paths, names, what a program printed.
// The one rule for it; used by the command line and by the page.

/**
 * Control characters (C0, DELETE, C1), line and paragraph separators, and what changes the direction of writing. A line feed
 * and a tab are left: they do nothing that a text may not do.
 */
export const ACTED_UPON = /[\0-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** `\u202e`: what JSON writes, so that a JSON text means the same as before. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** The text with `\u001b` and the like for each such character; the very same text where it has none. */
export const visibleText = (text: string): string => text.replace(ACTED_UPON, escaped);

/** Color and weight: `ESC [ … m`, with nothing in it but numbers. */
const COLOR = /\x1b\[[0-9;:]*m/g;
/** What may yet become one. */
const BEGUN_COLOR = /\x1b(?:\[[0-9;:]{0,64})?$/;
/** Longer ones mean nothing to any terminal. */
const LONGEST_COLOR = 64;
const RESET = '\u001b[0m';

export interface ProgramText {
  /** Of a piece of what a program prints, what may be shown on a terminal now. */
  push(piece: string): string;
  /** What is left at the end of its output, and the end of its colors. */
  end(): string;
}

/**
 * What a program prints, made for a terminal: its colors, returns and backspaces are left, and everything else that a terminal
 * would act on (OSC 52 writes the clipboard) is made visible. A color that two pieces share is put together.
 */
export function createProgramText(): ProgramText {
  let begun = '';
  let isColored = false;
  const show = (text: string): string => {
    let shown = '';
    let from = 0;
    for (const { 0: color, index } of text.matchAll(COLOR)) {
      shown += withoutControl(text.slice(from, index));
      if (color.length <= LONGEST_COLOR) {
        shown += color;
        isColored = color !== RESET && color !== '\u001b[m';
      } else shown += visibleText(color);
      from = index + color.length;
    }
    return shown + withoutControl(text.slice(from));
  };
  return {
    push(piece) {
      const text = begun + piece;
      begun = BEGUN_COLOR.exec(text)?.[0] ?? '';
      return show(text.slice(0, text.length - begun.length));
    },
    end() {
      const rest = visibleText(begun) + (isColored ? RESET : '');
      begun = '';
      isColored = false;
      return rest;
    },
  };
}

/** Backspaces and returns stay within their line. */
const withoutControl = (text: string): string =>
  text
    .split(/([\r\b])/)
    .map((part) => (part === '\r' || part === '\b' ? part : visibleText(part)))
    .join('');
