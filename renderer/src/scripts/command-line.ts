// Arguments as a person types them in a shell, without a shell: quotes hold words together, and nothing is expanded.
// Pure functions of the page, used by the launch settings and by the stores.

export type ParsedCommandLine =
  | { readonly kind: 'arguments'; readonly args: readonly string[] }
  | { readonly kind: 'problem'; readonly message: string };

/**
 * Splits at white space. `'…'` is taken as it is; in `"…"` and outside quotes a backslash before a quote, a backslash or
 * white space takes that character as it is, and stays otherwise, so that paths of Windows need no second one.
 */
export function parseCommandLine(text: string): ParsedCommandLine {
  const args: string[] = [];
  let word: string | undefined;
  let quote: '"' | "'" | undefined;
  for (let at = 0; at < text.length; at += 1) {
    const character = text.charAt(at);
    const next = text.charAt(at + 1);
    if (quote === "'") {
      if (character === "'") quote = undefined;
      else word = (word ?? '') + character;
    } else if (character === '\\' && isEscaped(next, quote)) {
      word = (word ?? '') + next;
      at += 1;
    } else if (character === '"' || (character === "'" && quote === undefined)) {
      // An empty pair of quotes is an argument too.
      word ??= '';
      quote = quote === undefined ? character : undefined;
    } else if (quote === undefined && /\s/.test(character)) {
      if (word !== undefined) args.push(word);
      word = undefined;
    } else word = (word ?? '') + character;
  }
  if (quote !== undefined) return { kind: 'problem', message: `A ${quote} is open: close it, or put \\ before it.` };
  if (word !== undefined) args.push(word);
  if (args.some((arg) => arg.includes('\0'))) {
    return { kind: 'problem', message: 'No program can be given a zero character.' };
  }
  return { kind: 'arguments', args };
}

const isEscaped = (next: string, quote: '"' | undefined) =>
  next === '"' || next === '\\' || (quote === undefined && (next === "'" || (next !== '' && /\s/.test(next))));
