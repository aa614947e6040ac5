// Vue's renderer for this page: every text and every readable attribute that a component puts into the document is made
// visible on the way. Much of it comes from the observed program; a component that forgets that shows it safely all the same.

import { createRenderer, nodeOps, patchProp, type Component } from 'vue';
import { visibleText } from '../../engine/protocol/visible-text.ts';

/** Attributes that a person or a screen reader reads. Not `value`: what is typed stays what it is. */
const READABLE = /^(?:title|alt|placeholder|label|textContent|aria-(?:label|description|valuetext|roledescription))$/;

/** Files from Windows end their lines with two characters, which are drawn as one. */
const shown = (text: string): string => visibleText(text.replaceAll('\r\n', '\n'));

const { createApp } = createRenderer<Node, Element>({
  ...nodeOps,
  createText: (text) => nodeOps.createText(shown(text)),
  setText: (node, text) => nodeOps.setText(node, shown(text)),
  setElementText: (element, text) => nodeOps.setElementText(element, shown(text)),
  patchProp(element, key, previous, next, ...rest) {
    patchProp(element, key, previous, typeof next === 'string' && READABLE.test(key) ? shown(next) : next, ...rest);
  },
});

export type VisibleApp = ReturnType<typeof createVisibleApp>;

/** As Vue's `createApp`, for an element that is there and empty. */
export function createVisibleApp(component: Component) {
  const app = createApp(component);
  const { mount } = app;
  return Object.assign(app, {
    /** @throws Error if no element matches */
    mountInto(selector: string): void {
      const element = document.querySelector(selector);
      if (element === null) throw new Error(`The page has no ${selector}.`);
      element.textContent = '';
      mount(element);
    },
  });
}
