// The served host's end of a client's WebSocket: one binary message a frame, in both directions.

import type { RawData, WebSocket } from 'ws';
import {
  COMMAND_LIMITS,
  decodeFrame,
  encodeFrame,
  FrameError,
  MAXIMUM_FRAME_BYTES,
} from '../../engine/protocol/frame-codec.ts';
import { createPortReceiver, type Port } from '../../engine/protocol/port.ts';

/** RFC 6455, 7.4.1. */
const CLOSE_NORMALLY = 1000;
const CLOSE_UNSUPPORTED_DATA = 1003;
const CLOSE_INVALID_PAYLOAD = 1007;
const CLOSE_TRY_AGAIN_LATER = 1013;
const NO_STATUS = 1005;
/** More than one largest frame waiting: the other side does not read. */
const DEFAULT_MAXIMUM_BUFFERED_BYTES = MAXIMUM_FRAME_BYTES + 16 * 1024 * 1024;

const bytesOf = (data: RawData): Uint8Array =>
  Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? new Uint8Array(data) : data;

/**
 * What is not a frame is answered with `protocol-error`, and the connection closed. A client for which more than
 * `maximumBufferedBytes` wait is dropped: it may come again and ask for what it missed.
 */
export function createWebSocketPort(
  socket: WebSocket,
  { maximumBufferedBytes = DEFAULT_MAXIMUM_BUFFERED_BYTES } = {},
): Port<unknown, object> {
  const receiver = createPortReceiver<unknown>();
  let problem: string | undefined;

  const send = (message: object) => {
    if (socket.readyState !== socket.OPEN) return;
    socket.send(encodeFrame(message));
    if (socket.bufferedAmount > maximumBufferedBytes) {
      problem = 'The client does not read what it is sent.';
      socket.close(CLOSE_TRY_AGAIN_LATER, problem);
      // The closing handshake would wait behind all that is not read.
      socket.terminate();
    }
  };
  const refuse = (status: number, message: string) => {
    problem = message;
    send({ type: 'protocol-error', message });
    socket.close(status);
  };

  socket.on('message', (data, isBinary) => {
    if (problem !== undefined) return;
    if (!isBinary) {
      refuse(CLOSE_UNSUPPORTED_DATA, 'Messages are binary frames, not text.');
      return;
    }
    let message: unknown;
    try {
      message = decodeFrame(bytesOf(data), COMMAND_LIMITS);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      refuse(CLOSE_INVALID_PAYLOAD, error.message);
      return;
    }
    receiver.deliver(message);
  });
  // Comes before `close`: a message that is too large, a broken connection.
  socket.on('error', (error) => (problem ??= error.message));
  socket.on('close', (code, reason) => {
    const isOrderly = code === CLOSE_NORMALLY || code === NO_STATUS || code === 1001;
    receiver.closed(problem ?? (isOrderly ? undefined : reason.toString() || `The connection broke (${code}).`));
  });

  return {
    post: send,
    onMessage: receiver.onMessage,
    onClose: receiver.onClose,
    close: () => socket.close(CLOSE_NORMALLY),
  };
}
