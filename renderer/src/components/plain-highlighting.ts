// Colors JavaScript and TypeScript well enough to be read until the editor is loaded, in hues that it has too. Pure.

export type CodeHue = 'comment' | 'string' | 'number' | 'keyword' | 'call' | 'type' | undefined;
export interface CodePart {
  readonly text: string;
  readonly hue: CodeHue;
}

const TOKENS = new RegExp(
  [
    String.raw`(?<comment>//[^\n]*|/\*[\s\S]*?(?:\*/|$))`,
    String.raw`(?<string>'(?:[^'\\\n]|\\.)*'?|"(?:[^"\\\n]|\\.)*"?|${'`'}(?:[^${'`'}\\]|\\[\s\S])*${'`'}?)`,
    String.raw`(?<number>\b\d[\w.]*)`,
    String.raw`(?<keyword>(?<![.\w$])(?:as|async|await|break|case|catch|class|const|continue|debugger|default|delete|do|else|enum|export|extends|false|finally|for|from|function|get|if|implements|import|in|instanceof|interface|let|new|null|of|readonly|return|satisfies|set|static|super|switch|this|throw|true|try|type|typeof|undefined|using|var|void|while|yield)\b(?!\s*:))`,
    String.raw`(?<type>\b[A-Z]\w*\b(?!\s*\())`,
    String.raw`(?<call>\b[\w$]+(?=\s*\())`,
    // Any other name is passed over whole, so that nothing is found within it.
    String.raw`[\w$]+`,
  ].join('|'),
  'g',
);
const HUES = ['comment', 'string', 'number', 'keyword', 'type', 'call'] as const;

/** The text in parts; put together they are the text again. */
export function highlightPlainly(text: string): CodePart[] {
  const parts: CodePart[] = [];
  let end = 0;
  for (const match of text.matchAll(TOKENS)) {
    const hue = HUES.find((name) => match.groups?.[name] !== undefined);
    if (hue === undefined) continue;
    if (match.index > end) parts.push({ text: text.slice(end, match.index), hue: undefined });
    parts.push({ text: match[0], hue });
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push({ text: text.slice(end), hue: undefined });
  return parts;
}
