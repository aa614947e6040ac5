// A port over a local socket: frames in, frames out.
// Runs in the session; the endpoint makes one for each observer that connects.

import type { Socket } from 'node:net';
import { createFrameDecoder, encodeFrame, FrameError, type FrameLimits } from '../protocol/frame-codec.ts';
import { createPortReceiver, type Port } from '../protocol/port.ts';

/** More than this waiting to be written means that the other side does not read; the connection is given up. */
const MAXIMUM_UNSENT_BYTES = 64 * 1024 * 1024;

export interface SocketPort extends Port<unknown, object> {
  /** What is taken from the next frame on. */
  setLimits(limits: FrameLimits): void;
}

/**
 * Takes over `socket`. Bytes that are no frames, and a peer that stops reading, close the port with that problem.
 * Nothing is buffered on the way in: a message is delivered in the turn in which its last byte arrived.
 */
export function createSocketPort(socket: Socket, limits: FrameLimits = {}): SocketPort {
  const receiver = createPortReceiver<unknown>();
  const decoder = createFrameDecoder(limits);
  let problem: string | undefined;
  let isClosing = false;

  const fail = (why: string): void => {
    problem ??= why;
    socket.destroy();
  };
  socket.on('data', (chunk: Uint8Array) => {
    // After a broken frame the rest of the stream means nothing, even if it is already here.
    if (problem !== undefined) return;
    try {
      decoder.pushTo(chunk, receiver.deliver);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      fail(error.message);
    }
  });
  socket.on('error', (error) => {
    problem ??= error.message;
  });
  socket.on('close', () => receiver.closed(problem));

  return {
    setLimits: decoder.setLimits,
    post(message) {
      if (isClosing || receiver.isClosed || socket.destroyed) return;
      socket.write(encodeFrame(message));
      if (socket.writableLength > MAXIMUM_UNSENT_BYTES) fail('The other side does not read what it is sent.');
    },
    onMessage: receiver.onMessage,
    onClose: receiver.onClose,
    close() {
      if (isClosing) return;
      isClosing = true;
      socket.destroySoon();
    },
  };
}
