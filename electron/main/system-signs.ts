// What the system shows of a run while the window is not looked at: progress in the task bar or the dock, and a notice when
// something that took long has ended.

import { BrowserWindow, Notification } from 'electron';
import { visibleText } from '../../engine/protocol/visible-text.ts';
import { assertNever, type OutcomeStatus } from '../../engine/protocol/vocabulary.ts';
import type { Ended, GoingRuns } from './going-runs.ts';

/** Whoever waits longer than this looks at something else meanwhile. */
const LONG_RUN_MS = 10_000;
/** Electron's values for a bar without an end, and for none. */
const INDETERMINATE = 2;
const NO_PROGRESS = -1;

export function showSystemSigns(runs: GoingRuns, show: () => void): void {
  runs.onChange(() => {
    const progress = progressOf(runs);
    for (const window of BrowserWindow.getAllWindows()) {
      if (progress === 'unknown') window.setProgressBar(INDETERMINATE, { mode: 'indeterminate' });
      else window.setProgressBar(progress ?? NO_PROGRESS);
    }
  });
  /** Kept until it is closed: a notification that is collected cannot be clicked. */
  const shown = new Set<Notification>();
  runs.onEnd((ended) => {
    if (ended.tookMs < LONG_RUN_MS || BrowserWindow.getFocusedWindow() !== null || !Notification.isSupported()) return;
    const notification = new Notification(wordsOf(ended));
    shown.add(notification);
    notification.on('click', show);
    notification.on('close', () => shown.delete(notification));
    notification.show();
  });
}

/** 0 to 1; undefined: nothing goes on. A process that is watched has no end to come closer to. */
function progressOf({ all }: Pick<GoingRuns, 'all'>): number | 'unknown' | undefined {
  const experiment = all.find((each) => each.kind === 'experiment');
  if (experiment !== undefined) return experiment.progress;
  return all.some((each) => each.kind === 'run' && !each.isWatched) ? 'unknown' : undefined;
}

function wordsOf(ended: Ended): { title: string; body: string } {
  const took = `after ${Math.round(ended.tookMs / 1_000)} s`;
  if (ended.kind === 'experiment') {
    const { title, status } = ended.listing;
    return {
      title: `Experiment ${status === 'cancelled' ? 'canceled' : 'finished'}`,
      body: visibleText(`${title}, ${took}`),
    };
  }
  const { description, outcome, predictionHeld } = ended.listing;
  const prediction =
    predictionHeld === undefined ? '' : predictionHeld ? ' The prediction held.' : ' The prediction did not hold.';
  return {
    title: visibleText(description.title),
    body: `${outcome === undefined ? 'Ended' : wordsOfOutcome(outcome)} ${took}.${prediction}`,
  };
}

function wordsOfOutcome(outcome: OutcomeStatus): string {
  switch (outcome) {
    case 'completed':
      return 'Finished';
    case 'stopped':
      return 'Stopped';
    case 'timed-out':
      return 'Timed out';
    case 'out-of-memory':
      return 'Out of memory';
    case 'exited':
      return 'Exited';
    case 'threw':
      return 'Threw an error';
    case 'crashed':
      return 'Crashed';
    default:
      return assertNever(outcome);
  }
}
