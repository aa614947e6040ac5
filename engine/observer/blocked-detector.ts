// Tells from the probe's heartbeat when the program's thread did not turn its event loop. Companion's thread.

import type { ObservedBatch } from '../protocol/observer-message.ts';

/** A shorter stretch is ordinary work. */
const BLOCKED_MS = 50;
/** A long stretch is told in pieces, each starting where the last ended, so that a crash loses little of it. */
const PIECE_MS = 200;
/** Where the thread turned between two stretches, the second begins so much later: whoever joins pieces can tell them apart. */
const TURN_MS = 0.001;

export interface BlockedDetector {
  /** `heartbeatMs`: when the thread last turned. */
  look(heartbeatMs: number, nowMs: number): void;
  /** The thread stood still for the observer from then to then: that is none of the program's doing. */
  skip(startMs: number, endMs: number): void;
  finish(nowMs: number): void;
}

export function createBlockedDetector(sendBatch: (batch: ObservedBatch) => void): BlockedDetector {
  let lastHeartbeatMs = 0;
  let skippedUntilMs = -Infinity;
  /** Up to where the open stretch was told; NaN if none is open. */
  let toldUntilMs = Number.NaN;
  let lastEndMs = -Infinity;
  function tell(startMs: number, endMs: number): void {
    const isPiece = startMs === toldUntilMs;
    const fromMs = isPiece ? startMs : Math.max(startMs, lastEndMs + TURN_MS);
    lastEndMs = endMs;
    sendBatch({ type: 'blocked', startMs: Float64Array.of(fromMs), endMs: Float64Array.of(endMs) });
  }
  return {
    look(toldHeartbeatMs, nowMs) {
      const heartbeatMs = Math.max(toldHeartbeatMs, skippedUntilMs);
      if (heartbeatMs !== lastHeartbeatMs) {
        if (!Number.isNaN(toldUntilMs)) {
          if (heartbeatMs > toldUntilMs) tell(toldUntilMs, heartbeatMs);
        } else if (heartbeatMs - lastHeartbeatMs > BLOCKED_MS) {
          tell(lastHeartbeatMs, heartbeatMs);
        }
        toldUntilMs = Number.NaN;
        lastHeartbeatMs = heartbeatMs;
      }
      const fromMs = Number.isNaN(toldUntilMs) ? lastHeartbeatMs : toldUntilMs;
      const minimumMs = Number.isNaN(toldUntilMs) ? BLOCKED_MS : PIECE_MS;
      if (nowMs - fromMs > minimumMs) {
        tell(fromMs, nowMs);
        toldUntilMs = nowMs;
      }
    },
    skip(startMs, endMs) {
      if (endMs <= skippedUntilMs) return;
      const fromMs = Number.isNaN(toldUntilMs) ? lastHeartbeatMs : toldUntilMs;
      if (startMs - fromMs > (Number.isNaN(toldUntilMs) ? BLOCKED_MS : 0)) tell(fromMs, startMs);
      toldUntilMs = Number.NaN;
      lastHeartbeatMs = endMs;
      skippedUntilMs = endMs;
    },
    finish(nowMs) {
      if (!Number.isNaN(toldUntilMs)) tell(toldUntilMs, nowMs);
    },
  };
}
