// Joins what a run recorded in small pieces into few large ones, for a client that comes late or falls behind: an hour's
// recording is 160,000 batches, and most of the work of reading one does not depend on how many rows it has.

import type { Column } from '../protocol/columns.ts';
import type { BatchGroup, RunBatch, RunBatchOf } from '../protocol/run-batch.ts';
import type { Recording } from './recording.ts';

/** Enough rows that the batch itself costs nothing, few enough that a page draws in between. */
export const MOST_JOINED_BYTES = 512 * 1024;
/** What a column of bytes can index. */
const MOST_REASONS = 256;

/**
 * The kinds that are joined, in the order in which they are sent: what comes first in a program comes first. Of the others
 * a group has each as it is and where it is, and nothing is moved across them.
 */
const JOINED_TYPES = ['samples', 'blocked', 'collections', 'registrations', 'unregistrations', 'callbacks'] as const;
type JoinedType = (typeof JOINED_TYPES)[number];
type JoinedBatch = RunBatchOf<JoinedType>;

const isJoined = (batch: RunBatch): batch is JoinedBatch => JOINED_TYPES.some((type) => type === batch.type);

/**
 * As many batches from `sequence` on as weigh no more than `mostBytes`, at least the one, which there must be.
 * @param length of the recording, or of the part of it that is read
 */
export function groupFrom(
  recording: Recording,
  sequence: number,
  mostBytes = MOST_JOINED_BYTES,
  length = recording.length,
): BatchGroup {
  const batches: RunBatch[] = [];
  let unjoined: JoinedBatch[] = [];
  const joinUpToHere = () => {
    batches.push(...JOINED_TYPES.flatMap((type) => joinAll(unjoined.filter((batch) => batch.type === type))));
    unjoined = [];
  };
  // One that is large goes alone: what fits into a frame by itself may not with others.
  let end = sequence + 1;
  while (end < length && recording.bytesBetween(sequence, end + 1) <= mostBytes) end++;
  for (let next = sequence; next < end; next++) {
    const batch = recording.at(next);
    if (isJoined(batch)) {
      unjoined.push(batch);
      continue;
    }
    joinUpToHere();
    batches.push(batch);
  }
  joinUpToHere();
  return { sequence, count: end - sequence, batches, aheadBytes: recording.bytesBetween(end, length) };
}

/** All groups from `sequence` on that are recorded by now. */
export function* groupsFrom(
  recording: Recording,
  sequence: number,
  length = recording.length,
): Generator<BatchGroup, void> {
  for (let next = sequence; next < length;) {
    const group = groupFrom(recording, next, MOST_JOINED_BYTES, length);
    yield group;
    next += group.count;
  }
}

/** Batches of one type, as few as say the same. */
function joinAll(batches: readonly JoinedBatch[]): JoinedBatch[] {
  const joined: JoinedBatch[] = [];
  for (let from = 0; from < batches.length;) {
    let to = from + 1;
    while (to < batches.length && follows(batches[to - 1], batches[to])) to++;
    const together = batches.slice(from, to);
    const whole = together.length === 1 ? together : join(together);
    joined.push(...whole);
    from = to;
  }
  return joined;
}

/** Whether the rows of one batch can stand behind those of the other. */
function follows(one: JoinedBatch | undefined, other: JoinedBatch | undefined): boolean {
  if (one?.type !== 'registrations' || other?.type !== 'registrations') return true;
  return one.firstId + one.atMs.length === other.firstId;
}

function join(batches: readonly JoinedBatch[]): JoinedBatch[] {
  const [first] = batches;
  switch (first?.type) {
    case undefined:
      return [];
    case 'samples':
      return [{ ...first, ...joinColumns(only(batches, 'samples'), SAMPLES) }];
    case 'blocked':
      return [{ ...first, ...joinColumns(only(batches, 'blocked'), BLOCKED) }];
    case 'unregistrations':
      return [{ ...first, ...joinColumns(only(batches, 'unregistrations'), UNREGISTRATIONS) }];
    case 'callbacks':
      return [{ ...first, ...joinColumns(only(batches, 'callbacks'), CALLBACKS) }];
    case 'registrations': {
      const all = only(batches, 'registrations');
      const labelEnd = concatenate(all.map((batch) => batch.labelEnd));
      let row = 0;
      let bytesBefore = 0;
      for (const batch of all) {
        for (const end = row + batch.labelEnd.length; row < end; row++) labelEnd[row]! += bytesBefore;
        bytesBefore += batch.labelBytes.length;
      }
      return [{ ...first, ...joinColumns(all, REGISTRATIONS), labelEnd }];
    }
    case 'collections': {
      const all = only(batches, 'collections');
      const reasons = [...new Set(all.flatMap((batch) => batch.reasons))];
      if (reasons.length > MOST_REASONS) return all;
      const indexes = new Map(reasons.map((reason, index) => [reason, index]));
      const reason = concatenate(
        all.map((batch) => batch.reason.map((index) => indexes.get(batch.reasons[index] ?? '') ?? 0)),
      );
      return [{ ...first, ...joinColumns(all, COLLECTIONS), reason, reasons }];
    }
  }
}

const SAMPLES = ['atMs', 'usedBytes', 'totalBytes', 'externalBytes', 'rssBytes'] as const;
const BLOCKED = ['startMs', 'endMs'] as const;
const UNREGISTRATIONS = ['id', 'atMs'] as const;
const CALLBACKS = ['id', 'startMs', 'durationMs', 'threw'] as const;
const REGISTRATIONS = ['atMs', 'registryId', 'siteId', 'labelBytes'] as const;
const COLLECTIONS = ['startMs', 'pauseMs', 'kind', 'forced', 'beforeBytes', 'afterBytes'] as const;

const only = <Type extends JoinedType>(batches: readonly JoinedBatch[], type: Type): RunBatchOf<Type>[] =>
  batches.filter((batch): batch is RunBatchOf<Type> => batch.type === type);

/** The named columns of all batches, each behind the other. */
function joinColumns<Name extends string, Kind extends Record<Name, Column>>(
  batches: readonly Kind[],
  names: readonly Name[],
): Pick<Kind, Name> {
  return Object.fromEntries(names.map((name) => [name, concatenate(batches.map((batch) => batch[name]))])) as Pick<
    Kind,
    Name
  >;
}

function concatenate<Rows extends Column>(parts: readonly Rows[]): Rows {
  const [first] = parts;
  if (first === undefined) throw new RangeError('There is nothing to join.');
  const rows = parts.reduce((sum, { length }) => sum + length, 0);
  const whole = new (first.constructor as new (length: number) => Rows)(rows);
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
