// What was thrown, in words for a person. Used wherever the session tells of a problem that it did not make itself.

/** The message of an error; the text of anything else, since programs may throw what they like. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
