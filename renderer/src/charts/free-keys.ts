// Whose a key is that was pressed: letters and digits act wherever the focus is, but never while somebody types or
// something is open over the page. Used by the timeline's gestures and the application's shortcuts.

/** Editors live in shadow roots, which the target of an event outside of them does not tell. */
export const isTyping = (event: Event) => {
  const [target] = event.composedPath();
  return target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"]') !== null;
};

/** What is open over the page has its own keys, and Escape closes it. */
export const isFloatingOpen = () => document.querySelector('.floating:is([role$="dialog"], [role="menu"])') !== null;
