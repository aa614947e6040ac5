// What is told of a value that was thrown and not caught. Runs in the program's thread.

import { slice } from './intrinsics.ts';

const IntrinsicString = String;

/** UTF-16 units of each part of an error: what is thrown may be any size; a message of it must not be. */
const MAXIMUM_TEXT_LENGTH = 65_536;

const clip = (text: unknown) => slice(IntrinsicString(text), 0, MAXIMUM_TEXT_LENGTH);

/** Never throws, whatever the program threw. */
export function describeError(error: unknown): { name: string; message: string; stack: string } {
  // The thrown value is the program's: anything may be odd about it.
  try {
    if (error instanceof Error) {
      return { name: clip(error.name), message: clip(error.message), stack: clip(error.stack ?? '') };
    }
    return { name: typeof error, message: clip(error), stack: '' };
  } catch {
    return { name: typeof error, message: 'The thrown value cannot be described.', stack: '' };
  }
}
