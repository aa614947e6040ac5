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
  /** Lets the system's own parts look like the page: `system`, `light` or `dark`. */
  useTheme: v.function(),
  /** The path of a file that was dropped on the window. */
  pathOfFile: v.pipe(v.function(), v.returns(v.string())),
});
export type DesktopBridge = v.InferOutput<typeof DesktopBridge>;

/** A script that the user chose in the system's dialog or on the command line of a second start. */
export const DesktopScriptMessage = v.object({ type: v.literal('heapline:script'), path: v.string() });

/** What was chosen in the application's menu. */
export const DesktopCommandMessage = v.object({
  type: v.literal('heapline:command'),
  command: v.picklist([
    'run',
    'stop',
    'collect-major',
    'collect-minor',
    'compare',
    'new-scenario',
    'search',
    'shortcuts',
    'theme-system',
    'theme-light',
    'theme-dark',
  ]),
});
export type DesktopCommand = v.InferOutput<typeof DesktopCommandMessage>['command'];

/** Calls back for each command of the menu, as long as the page is there. */
export function onDesktopCommand(listener: (command: DesktopCommand) => void): void {
  window.addEventListener('message', ({ source, data }) => {
    // Only this window's own preload script is listened to, never a frame or an opener.
    const message = source === window ? v.safeParse(DesktopCommandMessage, data) : undefined;
    if (message?.success === true) listener(message.output.command);
  });
}

/** The bridge of the desktop application that shows this page, if one does. */
export function desktopBridge(): DesktopBridge | undefined {
  const parsed = v.safeParse(DesktopBridge, Reflect.get(window, 'heaplineDesktop'));
  return parsed.success ? parsed.output : undefined;
}
