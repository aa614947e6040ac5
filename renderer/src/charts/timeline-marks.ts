// The marks of a run that stand on the timeline: all but releases, which belong to their objects, and requests for a
// collection, which stand in the GC strip. Read once as they come, since a run may have a release for every object.

import type { RunBatchOf } from '../../../engine/protocol/run-batch.ts';
import { assertNever } from '../../../engine/protocol/vocabulary.ts';
import type { RunStream } from '../stream/run-stream.ts';

type Mark = RunBatchOf<'marks'>['items'][number];

/** Lost rows: something may have happened here that is not shown. */
const DROPPED_CODES: ReadonlyMap<string, string> = new Map([
  ['dropped-rows', 'rows lost'],
  ['dropped-unknown-tail', 'the last moments were lost'],
]);

export interface TimelineMark {
  readonly kind: Exclude<Mark['kind'], 'release' | 'gc-requested'> | 'dropped';
  readonly title: string;
  readonly atMs: number;
  readonly durationMs?: number;
}

/** A mark without a length, as against a stretch. */
export const isMomentMark = ({ durationMs }: { readonly durationMs?: number }) =>
  durationMs === undefined || durationMs === 0;

function titleOf({ kind, name }: Mark): string {
  switch (kind) {
    case 'settle-started':
      return 'program ended';
    case 'settle-ended':
      return 'settling ended';
    case 'stop-requested':
      return 'stop requested';
    case 'gc-policy-changed':
      return name === '' ? 'GC policy changed' : `GC policy: ${name}`;
    case 'observer-waited':
      return 'waited for the observer';
    case 'heap-snapshot':
      return 'heap snapshot';
    case 'uncaught-exception':
      return `uncaught: ${name}`;
    case 'unhandled-rejection':
      return `unhandled rejection: ${name}`;
    case 'exit-called':
      return `process.exit(${name})`;
    case 'user-mark':
    case 'user-measure':
    case 'release':
    case 'gc-requested':
      return name;
    default:
      return assertNever(kind);
  }
}

export interface TimelineMarks {
  readonly all: readonly TimelineMark[];
  /** Times at which a collection was asked for. */
  readonly requestedMs: readonly number[];
}

/** Reads marks incrementally; the lists are the same objects from call to call. */
export function createMarkReader(): (stream: RunStream | undefined) => TimelineMarks {
  let readFrom: RunStream | undefined;
  let readCount = 0;
  let readWarnings = 0;
  let all: TimelineMark[] = [];
  let requestedMs: number[] = [];
  return (stream) => {
    if (stream !== readFrom) {
      readFrom = stream;
      readCount = 0;
      readWarnings = 0;
      all = [];
      requestedMs = [];
    }
    for (; stream !== undefined && readCount < stream.marks.length; readCount++) {
      const mark = stream.marks[readCount];
      if (mark === undefined || mark.kind === 'release') continue;
      if (mark.kind === 'gc-requested') {
        requestedMs.push(mark.atMs);
        continue;
      }
      const { kind, atMs, durationMs } = mark;
      all.push({ kind, title: titleOf(mark), atMs, ...(durationMs === undefined ? {} : { durationMs }) });
    }
    for (; stream !== undefined && readWarnings < stream.warnings.length; readWarnings++) {
      const { code, atMs } = stream.warnings[readWarnings] ?? { code: '', atMs: 0 };
      const title = DROPPED_CODES.get(code);
      if (title !== undefined) all.push({ kind: 'dropped', title, atMs });
    }
    return { all, requestedMs };
  };
}
