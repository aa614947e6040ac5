// A port over a MessagePort, for the desktop application: plain objects, columns cloned by the browser.
// Runs in the page; the preload script hands the MessagePort over as a window message.

import type { Command } from '../../../engine/protocol/command.ts';
import { createPortReceiver, type Port } from '../../../engine/protocol/port.ts';
import { DESKTOP_PORT_MESSAGE, type DesktopBridge } from './desktop-bridge.ts';

/** Wraps a MessagePort and starts it. */
export function createMessagePortPort(messagePort: MessagePort): Port<unknown, Command> {
  const receiver = createPortReceiver<unknown>();
  messagePort.addEventListener('message', ({ data }) => receiver.deliver(data));
  messagePort.addEventListener('messageerror', () => {
    messagePort.close();
    receiver.closed('The application sent a message that could not be read.');
  });
  // Chromium tells when the other end is gone; closing this end tells nobody here.
  messagePort.addEventListener('close', () => receiver.closed());
  messagePort.start();
  return {
    post(message) {
      if (!receiver.isClosed) messagePort.postMessage(message);
    },
    onMessage: receiver.onMessage,
    onClose: receiver.onClose,
    close() {
      messagePort.close();
      queueMicrotask(() => receiver.closed());
    },
  };
}

/** Asks the preload script for a port and resolves when it came; rejects after `timeoutMs`. */
export function openDesktopPort(
  bridge: Pick<DesktopBridge, 'connect'>,
  timeoutMs = 10_000,
): Promise<Port<unknown, Command>> {
  return new Promise((resolve, reject) => {
    const listening = new AbortController();
    const timer = setTimeout(() => {
      listening.abort();
      reject(new Error('The application did not open a connection to its engine.'));
    }, timeoutMs);
    window.addEventListener(
      'message',
      ({ source, data, ports: [messagePort] }) => {
        // Only this window's own preload script is listened to, never a frame or an opener.
        if (source !== window || data !== DESKTOP_PORT_MESSAGE || messagePort === undefined) return;
        clearTimeout(timer);
        listening.abort();
        resolve(createMessagePortPort(messagePort));
      },
      { signal: listening.signal },
    );
    bridge.connect();
  });
}
