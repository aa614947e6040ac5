// Finds out which host shows this page, the desktop application or a server, and opens its kind of port.
// Runs in the page; called by the engine client at the start and whenever the connection was lost.

import type { Command } from '../../../engine/protocol/command.ts';
import type { Port } from '../../../engine/protocol/port.ts';
import { desktopBridge } from './desktop-bridge.ts';
import { openDesktopPort } from './message-port-port.ts';
import { openWebSocketPort } from './web-socket-port.ts';

/** Opens a port to the engine of the host that shows this page. */
export function connectToHost(): Promise<Port<unknown, Command>> {
  const bridge = desktopBridge();
  if (bridge !== undefined) return openDesktopPort(bridge);
  const address = new URL('/socket', window.location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  // The token stays in the page's address, so that a reload finds it again.
  address.searchParams.set('token', new URLSearchParams(window.location.search).get('token') ?? '');
  return openWebSocketPort(address.href);
}
