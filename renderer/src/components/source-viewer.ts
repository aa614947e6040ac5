// A read-only CodeMirror with the application's colors. In a chunk of its own, loaded when somebody works with source.
// It lives in a shadow root: there CodeMirror adopts constructed style sheets, which the page's policy
// (`style-src 'self'`) allows, where in the document it would insert <style> elements, which the policy forbids.

import { EditorState, type Extension } from '@codemirror/state';
import { Decoration, drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import type { Disposable } from '../../../engine/protocol/port.ts';
import { visibleText } from '../../../engine/protocol/visible-text.ts';
import { appearance, controlCharacters, highlighting, typescript } from './code-appearance.ts';

/** Where the view begins; lines and columns count from 1. `place` is marked, and stands in the middle. */
export interface SourcePosition {
  readonly place?: { readonly line: number; readonly column: number };
  readonly startLine?: number;
  readonly scrollTopPx?: number;
}

export interface SourceViewer extends Disposable {
  show(text: string, label: string, position: SourcePosition): void;
  focus(): void;
}

const marking = EditorView.theme({
  '& .cm-line.cm-place, &.cm-focused .cm-line.cm-place': {
    backgroundColor: 'var(--amber-wash)',
    boxShadow: 'inset 2px 0 var(--amber)',
  },
  '.cm-place-column': { borderBottom: '2px solid var(--amber)' },
});

/** The line of a place, and the word at its column. Nothing where the text has no such line. */
function markPlace(text: string, { line, column }: { readonly line: number; readonly column: number }): Extension {
  const lines = text.split('\n');
  const content = lines[line - 1];
  if (content === undefined) return [];
  const lineStart = lines.slice(0, line - 1).reduce((sum, { length }) => sum + length + 1, 0);
  const word = /^[\w$#]+/.exec(content.slice(column - 1))?.[0] ?? '';
  const decorations = [Decoration.line({ class: 'cm-place' }).range(lineStart)];
  if (word !== '') {
    const start = lineStart + column - 1;
    decorations.push(Decoration.mark({ class: 'cm-place-column' }).range(start, start + word.length));
  }
  return [marking, EditorView.decorations.of(Decoration.set(decorations))];
}

/** Puts a viewer into `element`, which must not have had one before. */
export function createSourceViewer(element: HTMLElement): SourceViewer {
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const view = new EditorView({ root, parent: root });
  return {
    show(givenText, label, { place, startLine, scrollTopPx }) {
      // CodeMirror counts every line end as one character.
      const text = givenText.replaceAll('\r\n', '\n');
      view.setState(
        EditorState.create({
          doc: text,
          extensions: [
            lineNumbers(),
            drawSelection(),
            highlightActiveLine(),
            typescript,
            highlighting,
            appearance,
            controlCharacters,
            place === undefined ? [] : markPlace(text, place),
            // Read-only, yet focusable: it can be scrolled and selected with the keyboard. Escape is not taken.
            EditorState.readOnly.of(true),
            EditorView.editable.of(false),
            EditorView.contentAttributes.of({
              tabindex: '0',
              'aria-label': visibleText(label),
              'aria-readonly': 'true',
            }),
            keymap.of([]),
          ],
        }),
      );
      const line = place?.line ?? startLine;
      if (line !== undefined && line <= view.state.doc.lines) {
        const at = view.state.doc.line(line).from;
        const y = place === undefined ? 'start' : 'center';
        view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y }) });
      }
      // At the lines where the plain text stood.
      if (scrollTopPx !== undefined) view.scrollDOM.scrollTop = scrollTopPx;
    },
    focus: () => view.focus(),
    [Symbol.dispose]: () => view.destroy(),
  };
}
