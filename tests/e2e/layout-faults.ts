// Finds what is wrong with the arrangement of a page that is on screen: text that is cut or covered, controls that overlap
// or are too small, what scrolls sideways. Called by end-to-end tests and by the pictures. It sees elements alone: text that
// is drawn on a canvas (names of lifelines, marks, the axis) is no element, and is looked at in the pictures by a person.

import type { Page } from 'playwright-core';

/** One sentence for each fault, the same one once. Empty where nothing is wrong. */
export function findLayoutFaults(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    interface Box {
      readonly left: number;
      readonly top: number;
      readonly right: number;
      readonly bottom: number;
    }
    interface Seen {
      readonly element: Element;
      readonly name: string;
      /** What is on screen of it. */
      readonly box: Box;
    }
    const CONTROLS =
      'button, a[href], input, select, textarea, [role="button"], [role="tab"], [role="menuitem"], [role="menuitemradio"], ' +
      '[role="option"], [role="radio"], [role="checkbox"], [role="switch"], [role="combobox"]';
    const LEAST_CONTROL_HEIGHT_PX = 16;
    const SLACK_PX = 1;
    /** The box of a line of text has room above and below its letters. */
    const ROOM_IN_LINE_SHARE = 0.2;

    const faults = new Set<string>();
    const quote = (text: string) => {
      const short = text.replace(/\s+/g, ' ').trim();
      return `“${short.length > 40 ? `${short.slice(0, 39)}…` : short}”`;
    };
    const place = (element: Element) => {
      const names: string[] = [];
      for (let at: Element | null = element; at !== null && names.length < 3; at = at.parentElement) {
        // That all is in the body tells nothing, unless it is the body itself.
        if (at === document.body && names.length > 0) break;
        const [firstClass] = at.classList;
        names.unshift(`${at.tagName.toLowerCase()}${firstClass === undefined ? '' : `.${firstClass}`}`);
      }
      return names.join(' > ');
    };
    const intersection = (first: Box, second: Box): Box => ({
      left: Math.max(first.left, second.left),
      top: Math.max(first.top, second.top),
      right: Math.min(first.right, second.right),
      bottom: Math.min(first.bottom, second.bottom),
    });
    const isEmpty = ({ left, top, right, bottom }: Box) => right - left <= SLACK_PX || bottom - top <= SLACK_PX;
    const covers = (outer: Box, inner: Box) =>
      outer.left <= inner.left && outer.top <= inner.top && outer.right >= inner.right && outer.bottom >= inner.bottom;

    const isSeen = (element: Element) => {
      if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
      // For screen readers alone.
      for (let at: Element | null = element; at !== null; at = at.parentElement) {
        const { clipPath, position } = getComputedStyle(at);
        if (clipPath === 'inset(50%)') return false;
        if ((position === 'absolute' || position === 'fixed') && at.clientWidth === 1 && at.clientHeight === 1)
          return false;
      }
      return true;
    };

    /** The ancestors that can cut an element, from the inside out: those that its position does not lift it out of. */
    const cutters = function* (element: Element): Generator<Element> {
      let position = getComputedStyle(element).position;
      for (let at = element.parentElement; at !== null && at !== document.documentElement; at = at.parentElement) {
        const style = getComputedStyle(at);
        const holdsPositioned =
          style.position !== 'static' ||
          style.transform !== 'none' ||
          style.filter !== 'none' ||
          style.contain.includes('paint') ||
          style.contain.includes('layout');
        if (position === 'fixed' && (style.transform === 'none' || style.transform === '')) continue;
        if (position === 'absolute' && !holdsPositioned) continue;
        position = style.position;
        yield at;
      }
    };
    const innerBox = (element: Element): Box => {
      const { left, top } = element.getBoundingClientRect();
      const x = left + element.clientLeft;
      const y = top + element.clientTop;
      return { left: x, top: y, right: x + element.clientWidth, bottom: y + element.clientHeight };
    };

    /** What is left of a box on screen, and the first element that cut it without letting it be scrolled to. */
    const cut = (element: Element, full: Box, ofText: boolean) => {
      const room = ofText ? (full.bottom - full.top) * ROOM_IN_LINE_SHARE : SLACK_PX;
      let box = full;
      let by: string | undefined;
      let isShortened = false;
      const look = (limits: Box, name: string, canScrollX: boolean, canScrollY: boolean) => {
        const beyondX = Math.max(limits.left - box.left, box.right - limits.right);
        const beyondY = Math.max(limits.top - box.top, box.bottom - limits.bottom);
        if (beyondX > SLACK_PX && !canScrollX) by ??= `${name}, by ${Math.round(beyondX)} px sideways`;
        if (beyondY > room && !canScrollY) by ??= `${name}, by ${Math.round(beyondY)} px upright`;
        box = intersection(box, {
          left: limits.left,
          right: limits.right,
          top: limits.top,
          bottom: limits.bottom,
        });
      };
      const chain = ofText ? [element, ...cutters(element)] : [...cutters(element)];
      for (const at of chain) {
        if (by !== undefined || isEmpty(box)) break;
        const { overflowX, overflowY, textOverflow, webkitLineClamp } = getComputedStyle(at);
        if (overflowX === 'visible' && overflowY === 'visible') continue;
        const limits = innerBox(at);
        const isLetGoX = overflowX === 'visible';
        const isLetGoY = overflowY === 'visible';
        if (textOverflow === 'ellipsis' && at.scrollWidth > at.clientWidth + SLACK_PX && ofText) {
          isShortened = true;
          if (at.closest('[title]') === null) by ??= `${place(at)}, with an ellipsis, and no title tells the whole`;
        }
        const shortensX = textOverflow === 'ellipsis';
        const shortensY = webkitLineClamp !== 'none' && webkitLineClamp !== '' && at.closest('[title]') !== null;
        const canScroll = (overflow: string) => overflow === 'auto' || overflow === 'scroll';
        look(
          {
            left: isLetGoX ? -Infinity : limits.left,
            right: isLetGoX ? Infinity : limits.right,
            top: isLetGoY ? -Infinity : limits.top,
            bottom: isLetGoY ? Infinity : limits.bottom,
          },
          place(at),
          canScroll(overflowX) || shortensX,
          canScroll(overflowY) || shortensY,
        );
      }
      if (by === undefined && !isEmpty(box)) {
        look({ left: 0, top: 0, right: innerWidth, bottom: innerHeight }, 'the window', isShortened, false);
      }
      return { box, by };
    };

    /** Whether something that lies over the page on purpose, such as a menu or a heading that stays, hides a place. */
    const isCoveredBy = (cover: Element, other: Element, where: Box) => {
      for (let at: Element | null = cover; at !== null && !at.contains(other); at = at.parentElement) {
        const { position, backgroundColor } = getComputedStyle(at);
        if (position !== 'absolute' && position !== 'fixed' && position !== 'sticky') continue;
        const alpha = /(?:rgba\(.*,|\/)\s*([\d.]+)\)$/.exec(backgroundColor)?.[1];
        if (Number(alpha ?? 1) > 0.5 && covers(at.getBoundingClientRect(), where)) return true;
      }
      return false;
    };
    const overlapping = function* (all: readonly Seen[]): Generator<readonly [Seen, Seen, Box]> {
      const byTop = [...all].sort((first, second) => first.box.top - second.box.top);
      for (const [index, first] of byTop.entries()) {
        for (let next = index + 1; next < byTop.length; next++) {
          const second = byTop[next]!;
          if (second.box.top >= first.box.bottom) break;
          const where = intersection(first.box, second.box);
          if (isEmpty(where)) continue;
          if (isCoveredBy(first.element, second.element, where) || isCoveredBy(second.element, first.element, where))
            continue;
          yield [first, second, where];
        }
      }
    };

    const texts: (Seen & { readonly node: Node })[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const element = node.parentElement;
      const content = node.textContent ?? '';
      if (element === null || content.trim() === '' || !isSeen(element)) continue;
      if (element.closest('script, style, noscript, option') !== null) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        if (line.width <= SLACK_PX || line.height <= SLACK_PX) continue;
        const { box, by } = cut(element, line, true);
        if (by !== undefined) faults.add(`${quote(content)} (${place(element)}) is cut by ${by}.`);
        else if (!isEmpty(box)) {
          const room = line.height * ROOM_IN_LINE_SHARE;
          // Letters of neighboring lines may reach into the room that each line's box has above and below.
          const letters = intersection(box, {
            left: line.left + SLACK_PX,
            right: line.right - SLACK_PX,
            top: line.top + room,
            bottom: line.bottom - room,
          });
          if (!isEmpty(letters)) texts.push({ element, node, name: quote(content), box: letters });
        }
      }
    }
    for (const [first, second, { left, top, right, bottom }] of overlapping(texts)) {
      if ((first as (typeof texts)[number]).node === (second as (typeof texts)[number]).node) continue;
      const size = `${Math.round(right - left)} × ${Math.round(bottom - top)} px`;
      faults.add(
        `${first.name} (${place(first.element)}) and ${second.name} (${place(second.element)}) overlap by ${size}.`,
      );
    }

    const controls: Seen[] = [];
    for (const element of document.querySelectorAll(CONTROLS)) {
      if (!isSeen(element)) continue;
      const own = element.getBoundingClientRect();
      if (own.width === 0 || own.height === 0) continue;
      const label = element.getAttribute('aria-label') ?? element.textContent.trim();
      const name = `${quote(label === '' ? (element.getAttribute('placeholder') ?? '') : label)} (${place(element)})`;
      const { box, by } = cut(element, own, false);
      if (by !== undefined) faults.add(`The control ${name} is cut by ${by}.`);
      if (by !== undefined || isEmpty(box)) continue;
      controls.push({ element, name, box });
      const { display, lineHeight } = getComputedStyle(element);
      // A link within a sentence is as high as its line, and a label belongs to what it names.
      const surroundings = element.closest('label')?.getBoundingClientRect();
      const height = Math.max(
        display === 'inline' ? Number.parseFloat(lineHeight) || own.height : own.height,
        surroundings?.height ?? 0,
      );
      if (height < LEAST_CONTROL_HEIGHT_PX) faults.add(`The control ${name} is only ${Math.round(height)} px high.`);
    }
    for (const [first, second, { left, top, right, bottom }] of overlapping(controls)) {
      if (first.element.contains(second.element) || second.element.contains(first.element)) continue;
      const size = `${Math.round(right - left)} × ${Math.round(bottom - top)} px`;
      faults.add(`The controls ${first.name} and ${second.name} overlap by ${size}.`);
    }

    for (const element of document.querySelectorAll('*')) {
      if (element.scrollWidth <= element.clientWidth + SLACK_PX) continue;
      const { overflowX, whiteSpace } = getComputedStyle(element);
      // Code keeps its lines as they were written.
      if (whiteSpace === 'pre' || element.matches(':has(> pre), .cm-scroller')) continue;
      if ((overflowX !== 'auto' && overflowX !== 'scroll') || element.clientWidth === 0 || !isSeen(element)) continue;
      faults.add(`${place(element)} scrolls sideways by ${element.scrollWidth - element.clientWidth} px.`);
    }
    return [...faults];
  });
}
