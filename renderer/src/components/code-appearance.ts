// What source looks like, and how it is read as JavaScript and TypeScript: shared by the viewer and the scratch editor.
// Loaded with them, never with the page.

import {
  continuedIndent,
  delimitedIndent,
  HighlightStyle,
  indentNodeProp,
  LRLanguage,
  syntaxHighlighting,
} from '@codemirror/language';
import { EditorView, highlightSpecialChars } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { parser } from '@lezer/javascript';
import { ACTED_UPON, visibleText } from '../../../engine/protocol/visible-text.ts';

/** Statements that go on in the next line are indented; what such a clause or block begins with is not. */
const indentation = indentNodeProp.add({
  'Block ClassBody ObjectExpression ObjectPattern ObjectType': delimitedIndent({ closing: '}' }),
  'ArrayExpression ArrayPattern': delimitedIndent({ closing: ']' }),
  'ArgList ParamList ParenthesizedExpression': delimitedIndent({ closing: ')' }),
  'Statement Property': continuedIndent({ except: /^\s*(\{|else\b|catch\b|finally\b|while\b)/ }),
  SwitchBody: (context) => {
    const isLabelOrEnd = /^\s*(\}|case\b|default\b)/.test(context.textAfter);
    const isEnd = /^\s*\}/.test(context.textAfter);
    return context.baseIndent + (isEnd ? 0 : isLabelOrEnd ? 1 : 2) * context.unit;
  },
  // Line breaks in here are the program's own.
  'TemplateString BlockComment': () => null,
});

// The parser alone: the language package would bring completion and linting, which nobody here needs.
export const typescript = LRLanguage.define({
  parser: parser.configure({ dialect: 'ts', props: [indentation] }),
  languageData: {
    commentTokens: { line: '//', block: { open: '/*', close: '*/' } },
    indentOnInput: /^\s*(?:case |default:|\}|\]|\))$/,
  },
});

const style = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--violet-ink)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--green-ink)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--amber-ink)' },
  { tag: [tags.comment], color: 'var(--ink-faint)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--blue-ink)' },
  { tag: [tags.typeName, tags.className], color: 'var(--blue-ink)' },
  { tag: [tags.punctuation, tags.operator], color: 'var(--ink-soft)' },
]);

export const highlighting = syntaxHighlighting(style);

export const appearance = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'transparent', fontSize: 'var(--size-small)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-figures)', lineHeight: '18px', scrollbarWidth: 'thin' },
  '.cm-content': { padding: '8px 0' },
  '.cm-gutters': { backgroundColor: 'transparent', border: 'none', color: 'var(--ink-faint)' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 16px 0 16px', minWidth: '48px' },
  '.cm-activeLine': { backgroundColor: 'transparent' },
  '&.cm-focused .cm-activeLine': { backgroundColor: 'var(--raised)' },
  '.cm-selectionBackground, &.cm-focused .cm-selectionBackground': {
    background: 'color-mix(in srgb, var(--blue) 28%, transparent) !important',
  },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
});

/** Written as everywhere in the page; the text itself, which is copied and run, stays as it is. */
export const controlCharacters = highlightSpecialChars({
  specialChars: ACTED_UPON,
  render(code, description) {
    const element = document.createElement('span');
    element.className = 'cm-specialChar';
    element.textContent = visibleText(String.fromCharCode(code));
    element.title = description ?? '';
    return element;
  },
});
