// The application's end of a page's MessagePort: plain objects, columns cloned on the way.

import { createPortReceiver, type Port } from '../../engine/protocol/port.ts';

/** What is needed of Electron's MessagePortMain. */
export interface MessagePortEnd {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (message: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** Takes over `messagePort` and starts it. */
export function createMessagePortPort(messagePort: MessagePortEnd): Port<unknown, object> {
  const receiver = createPortReceiver<unknown>();
  messagePort.on('message', ({ data }) => receiver.deliver(data));
  messagePort.on('close', () => receiver.closed());
  messagePort.start();
  return {
    post(message) {
      if (!receiver.isClosed) messagePort.postMessage(message);
    },
    onMessage: receiver.onMessage,
    onClose: receiver.onClose,
    close() {
      messagePort.close();
      // The event tells the other end alone.
      queueMicrotask(() => receiver.closed());
    },
  };
}
