// Where the window was, so that the next one opens there, on a screen that is still connected.

import * as v from 'valibot';

const Whole = v.pipe(v.number(), v.finite());
export const WindowState = v.object({
  bounds: v.object({ x: Whole, y: Whole, width: Whole, height: Whole }),
  isMaximized: v.boolean(),
  isFullScreen: v.boolean(),
});
export type WindowState = v.InferOutput<typeof WindowState>;
export type Rectangle = WindowState['bounds'];

/** In device-independent pixels. */
export const DEFAULT_SIZE = { width: 1440, height: 900 };
export const MINIMUM_SIZE = { width: 1024, height: 700 };
/** So much of a window's top edge must be on a screen to be taken hold of. */
const GRASP_PX = { width: 120, height: 32 };

/**
 * Bounds for a new window: where the last one was if that can still be seen and moved, otherwise in the middle of the first
 * screen; never larger than the screen it is on.
 * @param screens the parts of the screens that windows may cover; the first is the main one
 */
export function placeWindow(last: Rectangle | undefined, screens: readonly Rectangle[]): Partial<Rectangle> {
  const home = screens.find((screen) => last !== undefined && canBeGrasped(last, screen));
  if (last !== undefined && home !== undefined) {
    const width = Math.min(Math.max(last.width, MINIMUM_SIZE.width), home.width);
    const height = Math.min(Math.max(last.height, MINIMUM_SIZE.height), home.height);
    return {
      width,
      height,
      x: within(last.x, home.x, home.x + home.width - width),
      y: within(last.y, home.y, home.y + home.height - height),
    };
  }
  const [main] = screens;
  const wished = last ?? DEFAULT_SIZE;
  // Without a place the system puts it into the middle.
  return {
    width: Math.min(wished.width, main?.width ?? Infinity),
    height: Math.min(wished.height, main?.height ?? Infinity),
  };
}

function canBeGrasped({ x, y, width }: Rectangle, screen: Rectangle): boolean {
  const visible = Math.min(x + width, screen.x + screen.width) - Math.max(x, screen.x);
  const isTopOnScreen = y >= screen.y - 1 && y + GRASP_PX.height <= screen.y + screen.height;
  return visible >= GRASP_PX.width && isTopOnScreen;
}

const within = (value: number, lowest: number, highest: number) => Math.min(Math.max(value, lowest), highest);
