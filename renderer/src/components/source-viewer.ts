// A read-only CodeMirror with the application's colors. In a chunk of its own, loaded when source is first shown.
// It lives in a shadow root: there CodeMirror adopts constructed style sheets, which the page's policy
// (`style-src 'self'`) allows, where in the document it would insert <style> elements, which the policy forbids.

import { HighlightStyle, LRLanguage, syntaxHighlighting } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { parser } from '@lezer/javascript';
import type { Disposable } from '../../../engine/protocol/port.ts';

export interface SourceViewer extends Disposable {
  show(text: string, label: string): void;
}

/** Where the built-in scenarios end their description and begin their program: that is what people open it for. */
const PROGRAM_HEADING = '// ── The program';

// The parser alone: the language package would bring completion and linting, which a reader does not need.
const typescript = LRLanguage.define({ parser: parser.configure({ dialect: 'ts' }) });

const highlighting = HighlightStyle.define([
  { tag: [tags.keyword, tags.modifier, tags.operatorKeyword], color: 'var(--violet-ink)' },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: 'var(--green-ink)' },
  { tag: [tags.number, tags.bool, tags.null], color: 'var(--amber-ink)' },
  { tag: [tags.comment], color: 'var(--ink-faint)', fontStyle: 'italic' },
  { tag: [tags.function(tags.variableName), tags.function(tags.propertyName)], color: 'var(--blue-ink)' },
  { tag: [tags.typeName, tags.className], color: 'var(--blue-ink)' },
  { tag: [tags.punctuation, tags.operator], color: 'var(--ink-soft)' },
]);

const appearance = EditorView.theme({
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

/** Puts a viewer into `element`, which must not have had one before. */
export function createSourceViewer(element: HTMLElement): SourceViewer {
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const view = new EditorView({ root, parent: root });
  return {
    show(text, label) {
      view.setState(
        EditorState.create({
          doc: text,
          extensions: [
            lineNumbers(),
            drawSelection(),
            highlightActiveLine(),
            typescript,
            syntaxHighlighting(highlighting),
            appearance,
            // Read-only, yet focusable: it can be scrolled and selected with the keyboard. Escape is not taken.
            EditorState.readOnly.of(true),
            EditorView.editable.of(false),
            EditorView.contentAttributes.of({ tabindex: '0', 'aria-label': label, 'aria-readonly': 'true' }),
            keymap.of([]),
          ],
        }),
      );
      const programAt = text.indexOf(PROGRAM_HEADING);
      if (programAt !== -1) view.dispatch({ effects: EditorView.scrollIntoView(programAt, { y: 'start' }) });
    },
    [Symbol.dispose]: () => view.destroy(),
  };
}
