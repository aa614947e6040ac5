import { describe, expect, it } from 'vitest';
import { parseCommandLine } from './command-line.ts';

const parsed = (text: string) => {
  const result = parseCommandLine(text);
  return result.kind === 'arguments' ? result.args : result.message;
};

describe('a typed command line', () => {
  it.each<[string, readonly string[]]>([
    ['', []],
    ['   ', []],
    ['--port 8080', ['--port', '8080']],
    ['  a\t b\n', ['a', 'b']],
    [`"two words" 'and two'`, ['two words', 'and two']],
    [`--name="a b"c`, ['--name=a bc']],
    [`"" ''`, ['', '']],
    [`a\\ b`, ['a b']],
    [`"say \\"hi\\""`, ['say "hi"']],
    [`'it''s "so"'`, ['its "so"']],
    [`"it's"`, ["it's"]],
    [`it\\'s`, ["it's"]],
    [`'\\n'`, ['\\n']],
    ['C:\\new\\table.txt', ['C:\\new\\table.txt']],
    ['C:\\\\new', ['C:\\new']],
    ['$HOME *.js', ['$HOME', '*.js']],
    ['end\\', ['end\\']],
  ])('%j', (text, args) => {
    expect(parsed(text)).toEqual(args);
  });

  it.each(['"open', "it's", '"a" "', `"\\"`])('is refused with a quote left open: %j', (text) => {
    expect(parsed(text)).toMatch(/open/);
  });
});
