// A port over a WebSocket, for the served application: one binary frame a message, in both directions.
// Runs in the page; opened by `host-connection.ts`, used by the engine client.

import type { Command } from '../../../engine/protocol/command.ts';
import { decodeFrame, encodeFrame, FrameError } from '../../../engine/protocol/frame-codec.ts';
import { createPortReceiver, type Port } from '../../../engine/protocol/port.ts';

/** Opens a WebSocket and resolves once messages can pass. Rejects if the server does not answer or refuses. */
export function openWebSocketPort(address: string): Promise<Port<unknown, Command>> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address);
    socket.binaryType = 'arraybuffer';
    const receiver = createPortReceiver<unknown>();
    let isOpen = false;
    let frameProblem: string | undefined;
    const failFrame = (problem: string) => {
      frameProblem ??= problem;
      socket.close();
    };
    socket.addEventListener('open', () => {
      isOpen = true;
      resolve({
        post(message) {
          if (socket.readyState === WebSocket.OPEN) socket.send(encodeFrame(message));
        },
        onMessage: receiver.onMessage,
        onClose: receiver.onClose,
        close: () => socket.close(),
      });
    });
    socket.addEventListener('message', ({ data }) => {
      if (frameProblem !== undefined) return;
      if (!(data instanceof ArrayBuffer)) return failFrame('The server sent text where a frame was expected.');
      let message: unknown;
      try {
        message = decodeFrame(new Uint8Array(data));
      } catch (error) {
        if (!(error instanceof FrameError)) throw error;
        // The connection is fine. Closed for this, it would be opened again, and the same be asked for.
        message = error;
      }
      receiver.deliver(message);
    });
    // A browser tells a page nothing about why a WebSocket failed: `error` carries no reason and `close` follows it.
    socket.addEventListener('close', ({ reason }) => {
      if (isOpen) receiver.closed(frameProblem ?? (reason || undefined));
      else reject(new Error('The server does not answer at this address, or it refuses this page’s token.'));
    });
  });
}
