import { describe, expect, it } from 'vitest';
import { maskSource, SourceTexts } from './source-text.ts';

const FILE = '/program/app.js';
const texts = (source: string) => new SourceTexts(() => source);
/** The place of `mark` in `source`. */
function placeOf(source: string, mark: string, within = 0) {
  const offset = source.indexOf(mark) + within;
  const lines = source.slice(0, offset).split('\n');
  return { file: FILE, line: lines.length, column: (lines.at(-1) ?? '').length + 1 };
}

describe('maskSource', () => {
  it('blanks comments, strings and regular expressions, and keeps every position', () => {
    const source = 'a("}{" /* { */, /[/}]{2}/g, `x${{ b: "}" }.b}y{`); // }\nc / 2 / d;';
    const masked = maskSource(source);
    expect(masked).toHaveLength(source.length);
    expect(masked.replace(/\s+/g, '')).toBe('a("",//g,`${{b:""}.b}`);c/2/d;');
  });

  it('does not take a division for a regular expression, nor the other way round', () => {
    expect(maskSource('x = (a) / b; y = /"/.test(z)')).toBe('x = (a) / b; y = / /.test(z)');
    expect(maskSource('return /{/')).toBe('return / /');
  });
});

describe('source texts', () => {
  const source = `const cache = new Map();
const { first, second: { third } } = cache;
function start(options) {
  const big = load();
  function report() {
    return big.size;
  }
  const idle = () => options.name;
  return function ping() { return Date.now(); };
}
`;

  it('tell a call of eval, which sees every variable, from one that sees globals alone', () => {
    const direct = 'const run = (code) => eval (code);';
    const named = 'const run = (code) => [secret, eval(code)];';
    const indirect = 'const run = (code) => (0, eval)(code);';
    const reaches = (text: string) => texts(text).reachesByEval(placeOf(text, '(code)'), 'secret');
    expect([direct, named, indirect].map(reaches)).toEqual([true, false, false]);
    expect(texts(indirect).mentions(placeOf(indirect, '(code)'), 'secret')).toBe(false);
  });

  it('tell where a variable of the top level is declared', () => {
    expect(texts(source).topLevelDeclaration(FILE, 'cache')).toEqual({ file: FILE, line: 1, column: 7 });
    expect(texts(source).topLevelDeclaration(FILE, 'first')).toMatchObject({ line: 2 });
    expect(texts(source).topLevelDeclaration(FILE, 'big')).toBeUndefined();
    expect(texts(source).isTopLevel(FILE, 'big')).toBe(false);
  });

  it('tell which other function uses a variable of a shared scope', () => {
    const ping = placeOf(source, 'function ping', 'function ping'.length);
    expect(texts(source).mentions(ping, 'big')).toBe(false);
    expect(texts(source).otherUser(ping, 'big')).toMatchObject({ name: 'report', place: { line: 5 } });
    expect(texts(source).otherUser(ping, 'options')).toMatchObject({ name: 'idle', place: { line: 8 } });
    expect(texts(source).otherUser(ping, 'nothing')).toBeUndefined();
    expect(texts(source).declarationAround(ping, 'big')).toMatchObject({ line: 4, column: 9 });
  });

  it('do not take a property, or a text, for the variable', () => {
    const other = 'function a() { let big; const b = () => [x.big, "big"]; const c = () => [...big]; }';
    const b = placeOf(other, '() => [x');
    expect(texts(other).mentions(b, 'big')).toBe(false);
    expect(texts(other).otherUser(b, 'big')).toMatchObject({ name: 'c' });
  });

  it('tell nothing of a file that cannot be read', () => {
    const none = new SourceTexts(() => {
      throw new Error('gone');
    });
    expect(none.topLevelDeclaration(FILE, 'cache')).toBeUndefined();
    expect(none.isTopLevel(FILE, 'cache')).toBeUndefined();
    expect(none.mentions(placeOf(source, 'ping'), 'big')).toBeUndefined();
    expect(none.otherUser(placeOf(source, 'ping'), 'big')).toBeUndefined();
  });
});
