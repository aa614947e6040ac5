// How a run is told from others where runs are compared: its end, its time, and what it was asked otherwise than another.
// Pure functions of the page.

import type { RunListing } from '../../../engine/protocol/event.ts';
import type { ListedDescription } from '../../../engine/protocol/run-description.ts';
import { describeInterval, GC_POLICY_WORDS, titleOfOutcome } from './run-words.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** `12:03:11` in the reader's own time zone; empty where the time is none. */
export function startTimeOf({ startedAt }: ListedDescription): string {
  const at = new Date(startedAt);
  return Number.isNaN(at.getTime()) ? '' : clock.format(at);
}

export const endOf = ({ status, outcome, description: { program } }: RunListing) =>
  outcome === undefined ? (status === 'ended' ? 'Ended' : 'Running') : titleOfOutcome(outcome, program);

/** `run 2`; a recording by its file, since its number says nothing here. */
export const nameOfRun = ({ origin }: ListedDescription, number: number): string => origin?.fileName ?? `run ${number}`;

/** `Natural`, `Major · 500 ms`. */
export function policyOf({ gcPolicy: { kind, intervalMs } }: ListedDescription): string {
  const { title } = GC_POLICY_WORDS[kind];
  return kind === 'none' ? title : `${title} · ${describeInterval(intervalMs)}`;
}

/** What the run was given otherwise than `other` was: `fixed`, `images 200`. Empty for other programs. */
export function ownParameters({ program }: ListedDescription, { program: otherProgram }: ListedDescription): string[] {
  if (program.kind !== 'scenario' || otherProgram.kind !== 'scenario' || program.id !== otherProgram.id) return [];
  return (
    Object.entries(program.parameters)
      .filter(([name, value]) => otherProgram.parameters[name] !== value)
      // A word says what it is; a number does not.
      .map(([name, value]) => (typeof value === 'string' ? value : `${name} ${String(value)}`))
  );
}
