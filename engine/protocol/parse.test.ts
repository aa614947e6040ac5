import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { parse, parseJson, parseOrThrow, ParseError } from './parse.ts';

/** As in a recording of a kilobyte, unfolded. */
const WRONG_ITEMS = 2_000_000;

describe('parsing what was written elsewhere', () => {
  it('looks at no more than the first of millions of wrong items', () => {
    let looked = 0;
    const Item = v.pipe(
      v.unknown(),
      v.check(() => {
        looked += 1;
        return false;
      }, 'is wrong'),
    );
    const parsed = parse(v.object({ items: v.array(Item) }), { items: new Array(WRONG_ITEMS).fill(0) });
    expect(parsed).toMatchObject({ success: false, problem: 'items.0: is wrong' });
    expect(looked).toBe(1);
  });

  it('quotes of a wrong value no more than a line', () => {
    const parsed = parse(v.number(), 'x'.repeat(WRONG_ITEMS));
    expect(parsed.success ? '' : parsed.problem).toMatch(/^Invalid type: Expected number but received "x{100,300}…$/);
    expect(() => parseOrThrow(v.number(), 'a')).toThrow(ParseError);
  });

  it('never parses a text that is longer, or has more values, than it may have', () => {
    const schema = v.looseObject({});
    const problemOf = (text: string, limits: { mostCharacters: number; mostValues?: number }) => {
      const parsed = parseJson(schema, text, limits);
      return parsed.success ? undefined : parsed.problem;
    };
    expect(problemOf('{"a":1}', { mostCharacters: 7 })).toBeUndefined();
    expect(problemOf('{"a":11}', { mostCharacters: 7 })).toBe('It has 8 characters, and 7 are allowed.');
    expect(problemOf('{"a":[1,2,3]}', { mostCharacters: 99, mostValues: 4 })).toBeUndefined();
    expect(problemOf('{"a":[1,2,3,4]}', { mostCharacters: 99, mostValues: 4 })).toBe('It has more than 4 values.');
    // What stands in a string is text.
    expect(problemOf('{"a":",,,[[[{{{\\",,,"}', { mostCharacters: 99, mostValues: 4 })).toBeUndefined();
    expect(problemOf('{', { mostCharacters: 99 })).toMatch(/^It is not JSON: /);
  });
});
