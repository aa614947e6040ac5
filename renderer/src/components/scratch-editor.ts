// The scratch editor: CodeMirror with history, indentation and matching brackets, in the application's colors. In a chunk of
// its own, loaded when the scratch is first chosen. It lives in a shadow root for the same reason as the source viewer.

import { defaultKeymap, history, historyField, historyKeymap, indentWithTab } from '@codemirror/commands';
import { bracketMatching, indentOnInput, indentUnit } from '@codemirror/language';
import { EditorState } from '@codemirror/state';
import {
  drawSelection,
  EditorView,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from '@codemirror/view';
import type { Disposable } from '../../../engine/protocol/port.ts';
import { appearance, controlCharacters, highlighting, typescript } from './code-appearance.ts';

export interface ScratchEditorOptions {
  readonly text: string;
  readonly label: string;
  onChange(text: string): void;
  /** Ctrl+Enter, or ⌘ and Return. */
  onRun(): void;
}

export interface ScratchEditor extends Disposable {
  /** Replaces the text, as an edit that can be undone. */
  setText(text: string): void;
  /** Puts the cursor there, in sight. Lines and columns count from 1. */
  goTo(line: number, column: number): void;
}

const matching = EditorView.theme({
  '&.cm-focused .cm-matchingBracket': { backgroundColor: 'var(--selection)', outline: '1px solid var(--line-strong)' },
  '&.cm-focused .cm-nonmatchingBracket': { backgroundColor: 'transparent', color: 'var(--red-ink)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
});

const KEPT_FIELDS = { history: historyField };

/**
 * Typing over a selection of several lines, left to Chromium, puts style attributes into the text, which the page's policy
 * forbids. So it is done here.
 */
const typingOver = EditorView.domEventHandlers({
  beforeinput(event, view) {
    const { data, inputType } = event;
    if (inputType !== 'insertText' || data === null || view.composing || view.state.selection.main.empty) return false;
    view.dispatch(view.state.replaceSelection(data), { userEvent: 'input.type', scrollIntoView: true });
    event.preventDefault();
    return true;
  },
});

/** What was edited last, with its history and its cursor: the editor moves between two places of the window. */
let kept: { readonly state: EditorState; readonly scrollTop: number } | undefined;

/** Puts the editor into `element`, which must not have had one before. There is one scratch, so one at a time. */
export function createScratchEditor(element: HTMLElement, options: ScratchEditorOptions): ScratchEditor {
  const root = element.shadowRoot ?? element.attachShadow({ mode: 'open' });
  const extensions = [
    lineNumbers(),
    history(),
    drawSelection(),
    indentOnInput(),
    indentUnit.of('  '),
    bracketMatching(),
    highlightActiveLine(),
    highlightActiveLineGutter(),
    typescript,
    highlighting,
    appearance,
    controlCharacters,
    matching,
    typingOver,
    EditorState.tabSize.of(2),
    EditorView.contentAttributes.of({ 'aria-label': options.label, spellcheck: 'false', autocapitalize: 'off' }),
    EditorView.updateListener.of((update) => {
      if (update.docChanged) options.onChange(update.state.doc.toString());
    }),
    keymap.of([
      {
        key: 'Mod-Enter',
        run: () => {
          options.onRun();
          return true;
        },
      },
      // Escape and then Tab leaves the editor.
      indentWithTab,
      ...historyKeymap,
      ...defaultKeymap,
    ]),
  ];
  const isKept = kept?.state.doc.toString() === options.text;
  const state = EditorState.create({ doc: options.text, extensions });
  const view = new EditorView({ root, parent: root, state });
  if (kept !== undefined && isKept) {
    // The state carries the listeners of the place that it was made for, so it is made anew around its parts.
    view.setState(EditorState.fromJSON(kept.state.toJSON(KEPT_FIELDS), { extensions }, KEPT_FIELDS));
    view.scrollDOM.scrollTop = kept.scrollTop;
  }
  return {
    setText(text) {
      if (text === view.state.doc.toString()) return;
      view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 } });
    },
    goTo(line, column) {
      if (line > view.state.doc.lines) return;
      const { from, to } = view.state.doc.line(line);
      const anchor = Math.min(to, from + Math.max(0, column - 1));
      view.dispatch({ selection: { anchor }, effects: EditorView.scrollIntoView(anchor, { y: 'center' }) });
      view.focus();
    },
    [Symbol.dispose]() {
      kept = { state: view.state, scrollTop: view.scrollDOM.scrollTop };
      view.destroy();
    },
  };
}
