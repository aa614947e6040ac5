// Why the engine does not do what a client asked for. Thrown wherever that is found out, and answered by the engine.

import type { Refusal } from '../protocol/event.ts';

/** A command that cannot be carried out; the client is told why. */
export class Refused extends Error {
  override name = 'Refused';
  readonly refusal: Refusal;
  constructor(refusal: Refusal, message: string) {
    super(message);
    this.refusal = refusal;
  }
}
