// Finds out which host shows this page, the desktop application or a server, and how it is reached.
// Runs in the page; used by the engine client at the start and whenever the connection was lost.

import { desktopBridge } from './desktop-bridge.ts';
import type { HostConnection } from './engine-client.ts';
import { openDesktopPort } from './message-port-port.ts';
import { createReadRecorded } from './read-recorded.ts';
import { servedAddress } from './served-address.ts';
import { openWebSocketPort } from './web-socket-port.ts';

/** To the engine of the host that shows this page. */
export function hostConnection(): HostConnection {
  const bridge = desktopBridge();
  if (bridge !== undefined) return { connect: () => openDesktopPort(bridge) };
  const socket = new URL(servedAddress('/socket'), window.location.href);
  socket.protocol = socket.protocol === 'https:' ? 'wss:' : 'ws:';
  return { connect: () => openWebSocketPort(socket.href), readRecorded: createReadRecorded(servedAddress) };
}
