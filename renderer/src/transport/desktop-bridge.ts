// What the desktop application's preload script puts into the page's world, parsed; undefined in a browser.
// Runs in the page; used by the connection and by whatever opens scripts.

import * as v from 'valibot';

/** The data of the window message that carries the MessagePort to the engine. */
export const DESKTOP_PORT_MESSAGE = 'heapline:port';

export const DesktopBridge = v.object({
  /** Asks for a port to the engine; it comes as a window message. */
  connect: v.function(),
  /** Opens the system's dialog; a script that is chosen comes as a window message. */
  chooseScript: v.function(),
  /** The path of a file that was dropped on the window. */
  pathOfFile: v.pipe(v.function(), v.returns(v.string())),
});
export type DesktopBridge = v.InferOutput<typeof DesktopBridge>;

/** A script that the user chose in the system's dialog or on the command line of a second start. */
export const DesktopScriptMessage = v.object({ type: v.literal('heapline:script'), path: v.string() });

/** The bridge of the desktop application that shows this page, if one does. */
export function desktopBridge(): DesktopBridge | undefined {
  const parsed = v.safeParse(DesktopBridge, Reflect.get(window, 'heaplineDesktop'));
  return parsed.success ? parsed.output : undefined;
}
